package app

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// oddments are applications that have no family.
func (h *House) oddments() []Application {
	return []Application{
		{Row: row("Zapateller", "app_zapateller", "Play the tone of a number that does not exist, for callers that nobody wants", "Zapateller(options)"), Run: h.zapateller},
		{Row: row("Morsecode", "app_morsecode", "Play a text as morse code", "Morsecode(string)"), Run: h.morsecode},
		{Row: row("StreamEcho", "app_stream_echo", "Send back what the leg sends, one stream by several", "StreamEcho([num][,type])"), Run: h.streamEcho},
		{Row: row("ToneScan", "res_tonedetect", "Wait until a tone of a call's progress is heard", "ToneScan([zone[,timeout[,threshold[,options]]]])"), Run: h.toneScan},
		{Row: row("WaitForTone", "res_tonedetect", "Wait until a tone is heard", "WaitForTone(freq[,duration_ms[,timeout[,times[,options]]]])"), Run: h.waitForTone},
		{Row: row("WaitForRing", "app_waitforring", "Wait until a line rings again", "WaitForRing(timeout)"), Run: h.waitForRing},
		{Row: row("ImportVar", builtin, "Set a variable to that of another leg (Asterisk 16; Set and IMPORT since)", "ImportVar(newvar=channelname,variable)"), Run: h.importVariable},
		{Row: row("SendImage", "app_image", "Send an image, which no technology here can", "SendImage(filename)"), Run: unsupported("SENDIMAGESTATUS")},
		{Row: row("SendURL", "app_url", "Send a URL, which no technology here can", "SendURL(URL[,option])"), Run: unsupported("SENDURLSTATUS")},
		{Row: row("MP3Player", "app_mp3", "Play a file or stream by mpg123", "MP3Player(Location)"), Run: h.mp3Player},
		{Row: row("NBScat", "app_nbscat", "Play a local stream by nbscat8k", "NBScat()"), Run: h.nbsCat},
		{Row: row("BlindTransfer", "app_blind_transfer", "Send those in the leg's bridge elsewhere", "BlindTransfer(exten[,context])"), Run: h.blindTransfer},
		{Row: row("StoreDTMF", "app_dtmfstore", "Append the keys of a leg to a variable", "StoreDTMF(direction,var_name[,max_digits])"), Run: h.storeDTMF},
	}
}

// vacant is the tone of a number that does not exist (ITU-T E.180 §7).
const vacant = "!950/330,!1400/330,!1800/330,!0/1000"

func (h *House) zapateller(ctx context.Context, c *channel.Channel, data string) error {
	wanted, unknown := false, false
	for _, option := range strings.Split(data, ",") {
		wanted = wanted || strings.EqualFold(strings.TrimSpace(option), "answer")
		unknown = unknown || strings.EqualFold(strings.TrimSpace(option), "nocallerid")
	}
	c.SetVariable("ZAPATELLERSTATUS", "NOTHING")
	if wanted && c.State() != event.Up {
		if err := answer(ctx, c); err != nil {
			return err
		}
		c.SetVariable("ZAPATELLERSTATUS", "ANSWERED")
	}
	if unknown && c.Caller().Number.Text != "" {
		return nil
	}
	tone, err := media.ParseTone(vacant)
	if err != nil {
		return err
	}
	if err := play(ctx, c, tone.Play(), nil); err != nil {
		return err
	}
	c.SetVariable("ZAPATELLERSTATUS", "ZAPPED")
	return nil
}

// morse are the characters of ITU-R M.1677.
var morse = map[rune]string{'A': ".-", 'B': "-...", 'C': "-.-.", 'D': "-..", 'E': ".", 'F': "..-.", 'G': "--.", 'H': "....", 'I': "..",
	'J': ".---", 'K': "-.-", 'L': ".-..", 'M': "--", 'N': "-.", 'O': "---", 'P': ".--.", 'Q': "--.-", 'R': ".-.", 'S': "...", 'T': "-",
	'U': "..-", 'V': "...-", 'W': ".--", 'X': "-..-", 'Y': "-.--", 'Z': "--..", '0': "-----", '1': ".----", '2': "..---", '3': "...--",
	'4': "....-", '5': ".....", '6': "-....", '7': "--...", '8': "---..", '9': "----.", '.': ".-.-.-", ',': "--..--", ':': "---...",
	'?': "..--..", '\'': ".----.", '-': "-....-", '/': "-..-.", '(': "-.--.", ')': "-.--.-", '"': ".-..-.", '=': "-...-", '+': ".-.-.", '@': ".--.-."}

// morsecode plays a text: a dah is three dits long, between characters are three
// dits of silence and between words seven.
func (h *House) morsecode(ctx context.Context, c *channel.Channel, data string) error {
	dit, hz := 80*time.Millisecond, 800
	if v, _ := c.Variable("MORSEDITLEN"); atoi(v) > 0 {
		dit = time.Duration(atoi(v)) * time.Millisecond
	}
	if v, _ := c.Variable("MORSETONE"); atoi(v) > 0 {
		hz = atoi(v)
	}
	if v, _ := c.Variable("MORSETYPE"); strings.EqualFold(v, "AMERICAN") {
		h.Logger.Warn("Morsecode knows the international code only", "channel", c.Name())
	}
	space := 0
	if v, _ := c.Variable("MORSESPACETONE"); atoi(v) > 0 {
		space = atoi(v)
	}
	for _, tone := range morseTones(data, dit, float64(hz), float64(space)) {
		if err := play(ctx, c, tone.Play(), nil); err != nil {
			return err
		}
	}
	return nil
}

// morseTones are the sounds of a text in order.
func morseTones(text string, dit time.Duration, hz, space float64) []*media.Tone {
	var list []*media.Tone
	for _, r := range strings.ToUpper(text) {
		if r == ' ' { // with the three behind a character they are seven
			list = append(list, media.PitchTone(space, 4*dit, 0))
			continue
		}
		code := morse[r]
		for _, b := range code {
			length := dit
			if b == '-' {
				length = 3 * dit
			}
			list = append(list, media.PitchTone(hz, length, 0), media.PitchTone(space, dit, 0))
		}
		if code != "" {
			list = append(list, media.PitchTone(space, 2*dit, 0))
		}
	}
	return list
}

// waitForRing waits for a time, and then for a ring that begins after it. No
// technology here rings again on a leg that is here: it ends with the leg.
func (h *House) waitForRing(ctx context.Context, c *channel.Channel, data string) error {
	d, err := seconds(strings.TrimSpace(data))
	if err != nil || d < 0 {
		h.Logger.Warn("WaitForRing requires an argument (minimum seconds)", "channel", c.Name())
		return nil
	}
	if err := wait(ctx, c, d); err != nil {
		return err
	}
	for {
		f, err := c.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil && f.Kind == media.Control && f.Signal == media.Ringing:
			return nil
		}
	}
}

func (h *House) importVariable(ctx context.Context, c *channel.Channel, data string) error {
	name, rest, ok := strings.Cut(data, "=")
	if !ok {
		h.Logger.Warn("ImportVar requires newvar=channelname,variable", "channel", c.Name())
		return nil
	}
	args := command.SplitArgs(rest, 2)
	value := ""
	if other := h.Channels.Find(command.Arg(args, 0)); other != nil {
		value = h.Dialplan.Expand(ctx, other, "${"+command.Arg(args, 1)+"}")
	}
	return h.Dialplan.Assign(ctx, c, strings.TrimSpace(name), value)
}

// unsupported tells by a variable that no technology can do it.
func unsupported(variable string) func(context.Context, *channel.Channel, string) error {
	return func(_ context.Context, c *channel.Channel, _ string) error {
		c.SetVariable(variable, "UNSUPPORTED")
		return nil
	}
}

func (h *House) mp3Player(ctx context.Context, c *channel.Channel, data string) error {
	if data == "" {
		h.Logger.Warn("MP3 Playback requires an argument (filename)", "channel", c.Name())
		return ErrHangup
	}
	return h.playProgram(ctx, c, "mpg123", "-q", "-s", "-b", "1024", "-f", "8192", "--mono", "-r", "8000", "--", data)
}

func (h *House) nbsCat(ctx context.Context, c *channel.Channel, _ string) error {
	return h.playProgram(ctx, c, "nbscat8k", "-d")
}

// playProgram plays what a program writes, samples at 8 kHz, until it ends or a key
// is pressed. Where there is no such program the call goes on.
func (h *House) playProgram(ctx context.Context, c *channel.Channel, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		h.Logger.Error("a program that is to play is not installed", "channel", c.Name(), "program", name, "error", err)
		return nil
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	p := exec.CommandContext(within, path, args...) //nolint:gosec // the argument is a file's name, and stands behind --
	out, err := p.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.Start(); err != nil {
		h.Logger.Error("a program that is to play can't be started", "channel", c.Name(), "program", name, "error", err)
		return nil
	}
	heard, _ := keyAmong(anyKey)
	err = play(ctx, c, &pipeSource{out}, heard)
	cancel()
	if failed := p.Wait(); failed != nil && err == nil && within.Err() == nil {
		h.Logger.Warn("a program that plays has failed", "channel", c.Name(), "program", name, "error", failed)
	}
	if errors.Is(err, errKey) {
		return nil
	}
	return err
}

// A pipeSource reads samples at 8 kHz.
type pipeSource struct{ in io.Reader }

// Next implements channel.Source.
func (s *pipeSource) Next() (media.Frame, error) {
	data := make([]byte, 320)
	n, err := io.ReadFull(s.in, data)
	if n &^= 1; n == 0 {
		if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return media.Frame{}, err
	}
	return media.Frame{Kind: media.Voice, Format: media.SLin, Data: data[:n], Samples: n / 2}, nil
}

// blindTransfer sends the others in the leg's bridge elsewhere.
func (h *House) blindTransfer(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	exten, place := command.Arg(args, 0), command.Arg(args, 1)
	if exten == "" {
		h.Logger.Warn("BlindTransfer requires an argument (exten)", "channel", c.Name())
		c.SetVariable("BLINDTRANSFERSTATUS", "FAILURE")
		return nil
	}
	if place == "" {
		place = c.Location().Context
	}
	status := "SUCCESS"
	if h.Bridges.Find(c.BridgeID()) == nil {
		status = "INVALID"
		if bus := h.Channels.Bus; bus.Wants(event.KindBlindTransfer) {
			bus.Publish(&event.BlindTransfer{Result: "Invalid", Transferer: c.Snapshot(), External: true, Context: place, Exten: exten})
		}
	} else if err := h.Calls.BlindTransfer(c, call.Transfer{To: channel.Location{Context: place, Exten: exten, Priority: 1}}); err != nil {
		h.Logger.Warn("BlindTransfer", "channel", c.Name(), "error", err)
		status = "FAILURE"
	}
	c.SetVariable("BLINDTRANSFERSTATUS", status)
	return nil
}

type storedKey struct{}

// storeDTMF has every key that comes in, or is sent, appended to a variable.
func (h *House) storeDTMF(_ context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	if old, ok := c.Value(storedKey{}).(func()); ok {
		old()
		c.SetValue(storedKey{}, nil)
	}
	var wanted channel.Direction
	switch strings.ToLower(command.Arg(args, 0)) {
	case "rx":
		wanted = channel.In
	case "tx":
		wanted = channel.Out
	case "remove":
		return nil
	default:
		h.Logger.Error("StoreDTMF: the direction must be RX, TX or remove", "channel", c.Name())
		return nil
	}
	name, most := command.Arg(args, 1), atoi(command.Arg(args, 2))
	if name == "" {
		h.Logger.Error("StoreDTMF requires the name of a variable", "channel", c.Name())
		return nil
	}
	c.SetValue(storedKey{}, c.Filter(func(d channel.Direction, f media.Frame) (media.Frame, bool) {
		if d != wanted || f.Kind != media.DTMFEnd {
			return f, true
		}
		if v, _ := c.Variable(name); most <= 0 || len(v) < most {
			c.SetVariable(name, v+string(rune(f.Digit)))
		}
		return f, true
	}))
	return nil
}
