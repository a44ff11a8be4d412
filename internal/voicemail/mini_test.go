package voicemail

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// miniOf is MiniVM with a file, and a leg. Commands are waited for.
func miniOf(t *testing.T, text string) (*Mini, *channeltest.Channel, []config.Diagnostic) {
	t.Helper()
	f, err := config.Parse("minivm.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := channeltest.NewExchange()
	v := NewMini(&House{Channels: x.Registry, Logger: slog.New(slog.DiscardHandler), Spool: t.TempDir(), Go: func(f func()) { f() }})
	read, problems := ReadMini(f)
	v.Configure(read)
	c := x.Leg(t, &channeltest.Leg{})
	t.Cleanup(func() { c.Hangup(16); c.End() })
	return v, c, problems
}

// waveOf is a WAV file of 16 bits.
func waveOf(samples ...int16) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(2*len(samples))) //nolint:gosec // a few; a buffer takes all
	_ = binary.Write(&b, binary.LittleEndian, samples)
	return b.Bytes()
}

// A message is mailed, paged, and told to externnotify, each as the account and the templates say.
func TestMinivmNotify(t *testing.T) {
	folder := t.TempDir()
	body := filepath.Join(folder, "body")
	if err := os.WriteFile(body, []byte("Hola ${MVM_NAME}: ${MVM_DUR}, ${MVM_DATE}"), 0o600); err != nil {
		t.Fatal(err)
	}
	v, c, problems := miniOf(t, `[general]
mailcmd = cat >>`+folder+`/mails
externnotify = printf 'all %s.' >>`+folder+`/told
emailfromstring = The exchange
emailaaddress = pbx@example.com
emailsubject = From ${MVM_CALLERID}
emailbody = One\nTwo
pagerfromstring = Pager
pageraddress = page@example.com
pagersubject = Ring
pagerbody = Call ${MVM_CIDNUM}
[template-es]
subject = Mensaje
locale = es_ES.UTF-8
dateformat = %B
templatefile = `+body+`
[joe@example.com]
fullname = Joe
etemplate = es
pager = joe@pager.example.com
externnotify = printf 'joe %s %s %s.' >>`+folder+`/told
volgain = 2
[ann@example.com]
fullname = Ann
`)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	message := filepath.Join(folder, "message")
	if err := os.WriteFile(message+".wav", waveOf(100, -200, 30000), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"MVM_FILENAME": message, "MVM_FORMAT": "wav", "MVM_DURATION": "65"} {
		c.SetVariable(name, value)
	}
	p := c.Caller()
	p.Name, p.Number = event.Name{Text: "Bob Brown", Valid: true}, event.Number{Text: "501", Valid: true}
	c.SetCaller(p)
	before := time.Now()
	for _, who := range []string{"joe@example.com", "ann@example.com"} {
		if err := v.notify(t.Context(), c.Channel, who); err != nil {
			t.Fatal(err)
		}
		if got, _ := c.Variable("MVM_NOTIFY_STATUS"); got != "SUCCESS" {
			t.Errorf("%s: %s", who, got)
		}
	}
	mails := read(t, folder+"/mails")
	for _, month := range []time.Month{before.Month(), time.Now().Month()} { // it may be midnight
		mails = strings.ReplaceAll(mails, "1:05, "+locales["es"].months[month-1], "1:05, MONTH")
	}
	for _, want := range []string{"Subject: Mensaje\n", "Hola Joe: 1:05, MONTH\n", `From: "Pager" <page@example.com>`, "Subject: Ring\n", "Call 501\n",
		`From: "The exchange" <pbx@example.com>`, `Subject: From "Bob Brown" <501>`, "One\nTwo\n"} {
		if !strings.Contains(mails, want) {
			t.Errorf("no %q in %s", want, mails)
		}
	}
	for _, sound := range [][]byte{waveOf(200, -400, 32767), waveOf(100, -200, 30000)} { // Joe's, and Ann's
		if !strings.Contains(strings.ReplaceAll(mails, "\n", ""), base64.StdEncoding.EncodeToString(sound)) {
			t.Errorf("no sound of %v", sound[44:])
		}
	}
	if got, want := read(t, folder+"/told"), "joe joe@example.com Bob Brown 501.all ann@example.com.all Bob Brown.all 501."; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path) //nolint:gosec // the test's own
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Without a message nothing is mailed, and nobody is told.
func TestMinivmNotifyWithoutAMessage(t *testing.T) {
	folder := t.TempDir()
	v, c, _ := miniOf(t, "[general]\nmailcmd = cat >>"+folder+"/mails\nexternnotify = touch "+folder+"/told;\n[joe@example.com]\n")
	if err := v.notify(t.Context(), c.Channel, "joe@example.com"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// What a file has that Asterisk would not know is told with its line, and what may be meant.
func TestMinivmFileIsLookedThrough(t *testing.T) {
	_, _, problems := miniOf(t, `[general]
formt = wav
serveremail = x@y.z
[template-a]
locale = tlh_KL
templatefile = /nonexistent/text
subjekt = x
[joe@example.com]
pincod = 1
volgain = loud
[nobody]
`)
	var said []string
	for _, p := range problems {
		said = append(said, fmt.Sprintf("%d %s: %s", p.Line, p.Severity, p.Problem))
	}
	want := []string{"2 warning: unknown option formt", "3 note: option serveremail has no effect, in Asterisk 22 neither",
		"5 warning: dates are written in English: the names of locale tlh_KL are not there",
		"6 error: the text of template a is not there: open /nonexistent/text: no such file or directory", "7 warning: unknown option subjekt",
		"9 warning: unknown option pincod", "10 warning: volgain = loud is no gain",
		"11 warning: nobody is neither an account, username@domain, nor a template"}
	if !slices.Equal(said, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	if hint := problems[0].Hint; !strings.Contains(hint, "format") {
		t.Errorf("the hint of formt is %q", hint)
	}
}

// Fifty calls that count at once are all counted, and no counter goes below zero.
func TestMinivmCounter(t *testing.T) {
	v, _, _ := miniOf(t, "[general]\n")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := v.writeCounter(t.Context(), nil, "joe@example.com:calls:i", "1"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, step := range []struct{ operand, value, want string }{{"i", "0", "50"}, {"d", "7", "43"}, {"s", "5", "5"}, {"d", "9", "0"}} {
		if err := v.writeCounter(t.Context(), nil, "joe@example.com:calls:"+step.operand, step.value); err != nil {
			t.Fatal(err)
		}
		if got, err := v.readCounter(t.Context(), nil, "joe@example.com:calls"); got != step.want || err != nil {
			t.Errorf("%s %s: %s, %v; want %s", step.operand, step.value, got, err, step.want)
		}
	}
	for _, bad := range []string{"joe@example.com:../x:i", "..@example.com:x:i", "joe@..:x:i", "joe@example.com:calls:q", "joe"} {
		if err := v.writeCounter(t.Context(), nil, bad, "1"); err == nil {
			t.Errorf("%s was written", bad)
		}
	}
}

func TestMinivmAccount(t *testing.T) {
	v, _, _ := miniOf(t, "[joe@example.com]\nfullname = Joe\nemail = joe@mail.example.com\npincode = 12\nsetvar = colour=green\n")
	for item, want := range map[string]string{"joe@example.com:fullname": "Joe", "JOE@example.com:email": "joe@mail.example.com", "joe@example.com:pincode": "12",
		"joe@example.com:colour": "green", "joe@example.com:hasaccount": "1", "joe@example.com:etemplate": "email-default", "joe@example.com:none": "",
		"ann@example.com:hasaccount": "0", "ann@example.com:email": "ann@example.com"} {
		if got, err := v.readAccount(t.Context(), nil, item); got != want || err != nil {
			t.Errorf("%s is %q, %v; want %q", item, got, err, want)
		}
	}
	if got, err := v.readAccount(t.Context(), nil, "../etc@example.com:path"); err == nil {
		t.Errorf("a path outside of the spool: %s", got)
	}
}

// A message goes with the line beside it; one that is not there has not gone.
func TestMinivmDelete(t *testing.T) {
	v, c, _ := miniOf(t, "[general]\n")
	base := filepath.Join(t.TempDir(), "message")
	for _, name := range []string{base, base + ".wav"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"SUCCESS", "FAILED"} {
		if err := v.remove(t.Context(), c.Channel, base); err != nil {
			t.Fatal(err)
		}
		if got, _ := c.Variable("MVM_DELETE_STATUS"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if left, _ := filepath.Glob(base + "*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
