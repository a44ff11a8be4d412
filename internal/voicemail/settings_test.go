package voicemail

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// What of voicemail.conf has no effect is told with its line, and what to do.
func TestVoicemailFileIsLookedThrough(t *testing.T) {
	f, err := config.Parse("voicemail.conf", []byte(`[general]
fromat = wav
imapserver = mail.example.com
emailbodyhtml = <p>
userscontext = default
volgain = 1.5
cidinternalcontexts = office,default
[default]
100 => 1,Ann,ann@example.com,,volgain=2|atach=yes|imapuser=ann|cidinternalcontexts=office|sendvoicemail=yes|fromstring=Ours|attachextrecs=yes
`), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	file, problems := Read(f, nil, nil)
	var said []string
	for _, p := range problems {
		said = append(said, fmt.Sprintf("%d %s: %s (%s)", p.Line, p.Severity, p.Problem, p.Hint))
	}
	slices.Sort(said)
	want := []string{"2 warning: unknown option fromat (do you mean format?)",
		"3 error: imapserver: messages can't be kept in IMAP or a database (messages lie in files below astspooldir)",
		"4 note: option emailbodyhtml has no effect, in Asterisk 22 neither (leave it out)",
		"9 error: option imapuser of mailbox 100@default is not honoured: messages can't be kept in IMAP (messages lie in files below astspooldir)",
		"9 warning: option atach of mailbox 100@default is unknown (do you mean attach?)",
		"9 warning: option cidinternalcontexts of mailbox 100@default has no effect: it is for all mailboxes, in Asterisk 22 too (write it in [general])"}
	if !slices.Equal(said, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
	if o := file.index["100@default"].options; !o.sendVoicemail || o.fromString != "Ours" || !o.mailCopies || file.defaults.sendVoicemail {
		t.Errorf("options of the mailbox are %+v", o)
	}
	if got := file.index["100@default"].options.gain; got != 2 || file.defaults.gain != 1.5 {
		t.Errorf("gains %g and %g", got, file.defaults.gain)
	}
}

// Of a mailbox that is written twice the first line counts, as on the reference.
func TestMailboxThatIsWrittenTwice(t *testing.T) {
	parse := func(text string) *config.File {
		f, err := config.Parse("voicemail.conf", []byte(text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	file, problems := Read(parse("[general]\nformat=mp9\n[default]\n203 => 1,A\n203 => 2,B\n"), nil, parse("[default]\n203 => 3,C\n"))
	if m := file.index["203@default"]; m.FullName != "A" || len(file.mailboxes) != 1 || len(problems) != 3 {
		t.Errorf("%+v of %d mailboxes, told %v", m, len(file.mailboxes), problems)
	}
	if !slices.Equal(file.general.formats, []string{"wav"}) {
		t.Errorf("formats %v where none is known", file.general.formats)
	}
}

func TestDatesOfALocale(t *testing.T) {
	at := time.Date(2026, time.March, 7, 9, 5, 0, 0, time.UTC)
	for locale, want := range map[string]string{"": "Saturday 7 March (Sat, Mar) 09:05 %", "de_DE.UTF-8": "Samstag 7 März (Sa, Mär) 09:05 %",
		"es_ES": "sábado 7 marzo (sáb, mar) 09:05 %", "sv": "lördag 7 mars (lör, mar) 09:05 %", "xx_XX": "Saturday 7 March (Sat, Mar) 09:05 %"} {
		if got := strings.ReplaceAll(strftimeIn(locale, at, "%A %e %B (%a, %b) %R %%"), "  ", " "); got != want {
			t.Errorf("%s: %s, want %s", locale, got, want)
		}
	}
	for language, n := range locales {
		if len(n.days) != 7 || len(n.shortDays) != 7 || len(n.months) != 12 || len(n.shortMonths) != 12 {
			t.Errorf("%s has %d, %d, %d and %d names", language, len(n.days), len(n.shortDays), len(n.months), len(n.shortMonths))
		}
	}
}

// A gain is for samples alone: all other bytes of a file stay, and files of another kind as a whole.
func TestLouder(t *testing.T) {
	odd := append(waveOf(1000), 7) // a byte behind the sound
	compressed := waveOf(1000)
	compressed[20] = 0x31
	for _, c := range []struct{ file, want []byte }{{waveOf(10, -10, 20000, -20000), waveOf(25, -25, 32767, -32768)}, {odd, append(waveOf(2500), 7)},
		{compressed, compressed}, {[]byte("#!AMR"), []byte("#!AMR")}, {nil, nil}, {waveOf(1)[:21], waveOf(1)[:21]}, {waveOf(4)[:45], waveOf(4)[:45]}} {
		if got := louder(c.file, 2.5); !bytes.Equal(got, c.want) {
			t.Errorf("%v became %v, want %v", c.file, got, c.want)
		}
	}
}

// digits says them as they are.
type digits struct{ Voice }

func (digits) Digits(text string) []string { return strings.Split(text, "") }

// Who called through a context of cidinternalcontexts is an extension, and has a name if it was recorded; who came
// another way is a telephone number, also one that has a mailbox.
func TestWhoLeftAMessage(t *testing.T) {
	h := house(t, "[general]\ncidinternalcontexts = office,sales\n[default]\n200 => 1,Bob\n")
	h.Voice = digits{}
	named := &Mailbox{Context: "office", Number: "200"}
	path := filepath.Join(h.box(named), "greet.wav")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ context, caller, want string }{
		{"office", `"Bob" <200>`, "vm-from " + strings.TrimSuffix(path, ".wav")}, {"sales", "200", "vm-from-extension 2 0 0"},
		{"office", "201", "vm-from-extension 2 0 1"}, {"default", "200", "vm-from-phonenumber 2 0 0"}, {"", "200", "vm-from-phonenumber 2 0 0"},
		{"office", "", "vm-unknown-caller"}, {"office", `"x" <../office/200>`, "vm-from-extension . . / o f f i c e / 2 0 0"},
	} {
		s := &session{house: h, m: h.find("200", "default")}
		msg := &message{info: &info{context: c.context, callerID: c.caller}}
		if got := strings.Join(s.from(msg), " "); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.caller, c.context, got, c.want)
		}
	}
}
