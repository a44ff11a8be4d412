package office

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// softphone is the configuration of one baresip.
type softphone struct {
	user, password string
	port           int // of SIP
	says           float64
	auto           bool
}

var (
	reina  = softphone{user: "reina", password: "password", port: 5210, says: 440}
	alonso = softphone{user: "alonso", password: "contrasenia3", port: 5220, says: 700, auto: true}
	manuel = softphone{user: "manuel", password: "contrasenia", port: 5230, says: 900}
)

// folder writes the phone's configuration and returns where it lies.
func (s softphone) folder(t *testing.T, p *pbx) string {
	t.Helper()
	dir := filepath.Join(p.dir, "phone-"+s.user)
	modules := "/usr/lib/baresip/modules"
	if found, _ := filepath.Glob("/usr/lib/*/baresip/modules"); len(found) > 0 {
		modules = found[0]
	}
	mode := "manual"
	if s.auto {
		mode = "auto"
	}
	writeWAV(t, filepath.Join(dir, "says.wav"), tone(s.says, 20))
	write(t, filepath.Join(dir, "config"), fmt.Sprintf(`sip_listen %s:%d
module_path %s
module stdio.so
module g711.so
module aufile.so
module sndfile.so
module_tmp account.so
module_app menu.so
audio_player aufile,%s/heard.wav
audio_source aufile,%s/says.wav
audio_alert aufile,%s/alert.wav
snd_path %s
rtp_ports %d-%d
`, phoneAddress, s.port, modules, dir, dir, dir, dir, 20000+10*(s.port-5000), 20000+10*(s.port-5000)+90))
	write(t, filepath.Join(dir, "accounts"), fmt.Sprintf("<sip:%s:%s@%s;transport=udp>;auth_pass=%s;answermode=%s;regint=60;audio_codecs=PCMU/8000/1\n",
		s.user, s.password, exchangeAddress, s.password, mode))
	write(t, filepath.Join(dir, "contacts"), "")
	return dir
}

// dial has the phone call a number, waits until it ends, and returns what it printed.
func (s softphone) dial(t *testing.T, p *pbx, number string, seconds int) (dir, output string) {
	t.Helper()
	dir = s.folder(t, p)
	out, _ := in(t, p.net.phones, dir, "timeout", fmt.Sprint(seconds+10), "baresip", "-f", dir, "-e", "/dial "+number, "-t", fmt.Sprint(seconds)).CombinedOutput()
	return dir, strings.ReplaceAll(string(out), "\r", "\n")
}

// A face is the driver that the office's configuration is for, and how the console
// shows that a phone is there.
type face struct{ name, technology, peers, online string }

func TestOffice(t *testing.T) {
	needs(t, "ip", "baresip", "sipp")
	for _, face := range []face{{"chan_sip", "SIP", "sip show peers", "OK ("}, {"pjsip", "PJSIP", "pjsip show contacts", "Avail"}} {
		t.Run(face.name, func(t *testing.T) {
			p := start(t, newNetwork(t, "office-"+face.name[:2]), face.name)
			t.Run("the prompt is heard whole", func(t *testing.T) { hearsPrompt(t, p) })
			t.Run("two phones talk both ways", func(t *testing.T) { talks(t, p, face) })
			t.Run("a program follows a call", func(t *testing.T) { managed(t, p, face) })
			t.Run("unknown numbers are refused", func(t *testing.T) { refused(t, p) })
			t.Run("wrong passwords are refused", func(t *testing.T) { wrongPassword(t, p) })
			t.Run("a program takes a call", func(t *testing.T) { handsOver(t, p) })
			if out := p.ask("core stop gracefully"); strings.Contains(out, "rror") {
				t.Errorf("core stop gracefully printed %q", out)
			}
			eventually(t, "the exchange stops", 20*time.Second, func() bool {
				_, err := os.Stat(filepath.Join(p.dir, "run", "asterisk.ctl"))
				return os.IsNotExist(err)
			})
		})
	}
}

// hearsPrompt: reina dials 999, hears the prompt and is hung up.
func hearsPrompt(t *testing.T, p *pbx) {
	dir, out := reina.dial(t, p, "999", 8)
	if !strings.Contains(out, "Call established") || !strings.Contains(out, "terminated (duration: ") {
		t.Fatalf("the call was not established and ended by the exchange:\n%s", tail(out, 20))
	}
	heard := readWAV(t, filepath.Join(dir, "dump-*-dec.wav"))
	if c := correlation(heard, prompt()); c < 0.95 {
		t.Errorf("what was heard (%d samples) correlates %.3f with the prompt, want 0.95", len(heard), c)
	}
}

// answering has alonso's phone there, which answers, until the test ends. It returns
// the phone's folder.
func answering(t *testing.T, p *pbx, face face) string {
	t.Helper()
	there := alonso.folder(t, p)
	launch(t, filepath.Join(p.dir, "alonso.log"), in(t, p.net.phones, there, "baresip", "-f", there))
	eventually(t, "alonso is reachable", 10*time.Second, func() bool {
		for _, line := range strings.Split(p.ask(face.peers), "\n") {
			if strings.Contains(line, "alonso") && strings.Contains(line, face.online) {
				return true
			}
		}
		return false
	})
	return there
}

// talks: reina calls alonso, who answers; each hears the other's tone.
func talks(t *testing.T, p *pbx, face face) {
	there := answering(t, p, face)
	here, out := reina.dial(t, p, "200", 5)
	if !strings.Contains(out, "Call established") {
		t.Fatalf("the call was not established:\n%s", tail(out, 20))
	}
	eventually(t, "the calls end", 5*time.Second, func() bool { return strings.Contains(p.ask("core show channels count"), "0 active channels") })
	for _, who := range []struct {
		pattern string
		hz      float64
	}{{filepath.Join(here, "dump-*-dec.wav"), alonso.says}, {filepath.Join(there, "dump-*-dec.wav"), reina.says}} {
		heard := lastDump(t, who.pattern)
		if len(heard) < 2*rate {
			t.Errorf("%s: %d samples, want at least %d", who.pattern, len(heard), 2*rate)
			continue
		}
		if l := level(heard[rate/2:3*rate/2], who.hz); l < 0.9 {
			t.Errorf("%s: %.2f of it is the other's tone of %.0f Hz, want 0.9", who.pattern, l, who.hz)
		}
	}
}

// lastDump reads the newest recording: a phone makes one for each call.
func lastDump(t *testing.T, pattern string) []int16 {
	t.Helper()
	names, _ := filepath.Glob(pattern)
	if len(names) == 0 {
		t.Fatalf("no recording %s", pattern)
	}
	return readWAV(t, names[len(names)-1])
}

// refused: manuel, in the other context, has 666 and 188 but not 200.
func refused(t *testing.T, p *pbx) {
	if _, out := manuel.dial(t, p, "200", 3); !strings.Contains(out, "404") {
		t.Errorf("200 was not refused with 404:\n%s", tail(out, 20))
	}
}

// wrongPassword: the registration fails, and the log says so.
func wrongPassword(t *testing.T, p *pbx) {
	stranger := manuel
	stranger.password, stranger.port = "wrong", 5240
	_, out := stranger.dial(t, p, "666", 3)
	if !strings.Contains(out, "401") && !strings.Contains(out, "403") {
		t.Errorf("a wrong password was not refused:\n%s", tail(out, 20))
	}
	if strings.Contains(out, "Call established") {
		t.Error("a wrong password got a call")
	}
	if !p.logged("failed for") {
		t.Error("the log does not tell of the failed registration")
	}
}
