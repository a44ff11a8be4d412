package voicemail

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"mime"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// The texts of mails where voicemail.conf has none.
const (
	usualSubject = "[PBX]: New message ${VM_MSGNUM} in mailbox ${VM_MAILBOX}"
	usualBody    = "Dear ${VM_NAME}:\n\n\tyou have a message of ${VM_DUR} (number ${VM_MSGNUM}) in mailbox ${VM_MAILBOX} from ${VM_CALLERID}, " +
		"left on ${VM_DATE}.\n"
	pagerSubject = "New VM"
	pagerBody    = "New ${VM_DUR} long msg in box ${VM_MAILBOX}\nfrom ${VM_CALLERID}, on ${VM_DATE}\n"
)

// mail sends the mail and the page of a message, as far as the mailbox has addresses. It
// reports whether a mail was handed to the command that sends it.
func (h *House) mail(ctx context.Context, c *channel.Channel, m *Mailbox, msg *message) bool {
	g := &h.settings().general
	sent := false
	if m.Email != "" {
		subject, body := m.options.emailSubject, m.options.emailBody
		if subject == "" {
			if subject = usualSubject; g.plainSubject {
				subject = strings.TrimPrefix(subject, "[PBX]: ")
			}
		}
		if body == "" {
			body = usualBody
		}
		l := h.compose(ctx, c, m, msg, m.Email, m.options.fromString, g.dateFormat, subject, body)
		if m.options.attach == "yes" {
			l.attachment, l.gain = attachment(m, msg), m.options.gain
		}
		sent = h.send(m, l)
	}
	if m.Pager != "" {
		subject, body := g.pagerSubject, g.pagerBody
		if subject == "" {
			subject = pagerSubject
		}
		if body == "" {
			body = pagerBody
		}
		h.send(m, h.compose(ctx, c, m, msg, m.Pager, g.pagerFrom, g.pagerDateFormat, subject, body))
	}
	return sent
}

// attachment is the sound that goes with a mail: in attachfmt, else the first of format.
func attachment(m *Mailbox, msg *message) string {
	list := sounds(msg.path())
	want := m.options.attachFormat
	if strings.EqualFold(want, "wav49") {
		want = "WAV"
	}
	for _, path := range list {
		if want != "" && filepath.Ext(path) == "."+want {
			return path
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return ""
}

// A letter is a mail.
type letter struct {
	to, from, address, name string
	subject, body, charset  string
	date                    time.Time
	id                      string
	attachment              string
	gain                    float64 // by which the sound is louder; 0 leaves it as it is
	shown                   string  // the name under which the attachment is to be kept, if not that of the file
}

// compose fills the texts of a mail with what VM_… mean.
func (h *House) compose(ctx context.Context, c *channel.Channel, m *Mailbox, msg *message, to, from, dateFormat, subject, body string) *letter {
	where, _ := h.zoneOf(m)
	name, number := msg.caller()
	caller := msg.callerID
	if name == "" && number == "" {
		caller = "an unknown caller"
	}
	category, date := msg.category, strftimeIn(m.options.locale, msg.time.In(where), dateFormat)
	values := map[string]string{"VM_NAME": m.FullName, "VM_DUR": fmt.Sprintf("%d:%02d", msg.duration/60, msg.duration%60),
		"VM_MSGNUM": fmt.Sprint(msg.number + 1), "VM_CALLERID": caller, "VM_CIDNAME": orElse(name, "an unknown caller"),
		"VM_CIDNUM": orElse(number, "an unknown caller"), "VM_DATE": date, "VM_MAILBOX": m.Number,
		"VM_CONTEXT": m.Context, "VM_CATEGORY": category, "VM_MESSAGEFILE": msg.path(), "VM_FLAG": msg.flag, "ORIG_VM_CALLERID": caller,
		"ORIG_VM_CIDNAME": name, "ORIG_VM_CIDNUM": number, "ORIG_VM_DATE": date, "ORIG_VM_MSGNUM": fmt.Sprint(msg.number + 1),
		"VM_RDNIS": msg.rdnis}
	fill := func(text string) string {
		var pairs []string
		for key, value := range values {
			pairs = append(pairs, "${"+key+"}", value)
		}
		text = strings.NewReplacer(pairs...).Replace(text)
		if c != nil && strings.Contains(text, "${") && h.onlyOurs(text, values) {
			text = h.Dialplan.Expand(ctx, c, text)
		}
		return text
	}
	g := &h.settings().general
	address := m.options.serverEmail
	if !strings.Contains(address, "@") {
		host, _ := os.Hostname() // without one it stays empty
		address += "@" + host
	}
	return &letter{to: to, from: orElse(fill(from), "Asterisk PBX"), address: address, name: m.FullName, subject: fill(subject), body: fill(body),
		charset: g.charset, date: time.Now(), id: fmt.Sprintf("Asterisk-%d-%d-%s-%d", msg.number+1, h.ids.Load(), m.Number, os.Getpid())}
}

// onlyOurs reports whether what a caller chose, his name and number, brought no variable
// or function into a text: what they say is never expanded.
func (h *House) onlyOurs(text string, values map[string]string) bool {
	for _, value := range values {
		if strings.Contains(value, "${") || strings.Contains(value, "$[") {
			h.Logger.Warn("a mail is not expanded: a value in it looks like an expression", "value", value)
			return false
		}
	}
	return true
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// bytes is the mail as it is handed to the command that sends it.
func (l *letter) bytes() ([]byte, error) {
	var b bytes.Buffer
	clean := strings.NewReplacer("\r", " ", "\n", " ")
	header := func(key, value string) { fmt.Fprintf(&b, "%s: %s\n", key, clean.Replace(value)) }
	word := func(text string) string { return mime.QEncoding.Encode(l.charset, clean.Replace(text)) }
	header("Date", l.date.Format(time.RFC1123Z))
	header("From", fmt.Sprintf("%s <%s>", word(l.from), l.address))
	var to []string
	for _, one := range l.recipients() {
		to = append(to, fmt.Sprintf("%s <%s>", word(l.name), one))
	}
	header("To", strings.Join(to, ", "))
	header("Subject", word(l.subject))
	header("Message-ID", fmt.Sprintf("<%s@%s>", l.id, strings.SplitN(l.address, "@", 2)[1]))
	header("MIME-Version", "1.0")
	plain := fmt.Sprintf("Content-Type: text/plain; charset=%s\nContent-Transfer-Encoding: 8bit\n\n%s\n", l.charset, l.body)
	if l.attachment == "" {
		b.WriteString(plain)
		return b.Bytes(), nil
	}
	sound, err := os.ReadFile(l.attachment)
	if err != nil {
		return nil, fmt.Errorf("attach sound: %w", err)
	}
	if l.gain > 0 {
		sound = louder(sound, l.gain)
	}
	boundary := fmt.Sprintf("----voicemail_%d%d", l.date.UnixNano(), len(sound))
	name := filepath.Base(l.attachment)
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"%s\"\n\n--%s\n%s\n--%s\n", boundary, boundary, plain, boundary)
	if l.shown != "" {
		name = "voicemailmsg" + filepath.Ext(name)
	}
	kind := strings.TrimPrefix(filepath.Ext(name), ".")
	if strings.EqualFold(kind, "wav") {
		kind = "wav"
	}
	fmt.Fprintf(&b, "Content-Type: audio/x-%s; name=\"%s\"\nContent-Transfer-Encoding: base64\nContent-Description: Voicemail sound attachment.\n"+
		"Content-Disposition: attachment; filename=\"%s\"\n\n", kind, name, orElse(l.shown, name))
	encoded := base64.StdEncoding.EncodeToString(sound)
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\n")
		encoded = encoded[76:]
	}
	fmt.Fprintf(&b, "%s\n--%s--\n", encoded, boundary)
	return b.Bytes(), nil
}

// recipients are the addresses of a mail.
func (l *letter) recipients() []string {
	var list []string
	for _, one := range strings.FieldsFunc(l.to, func(c rune) bool { return c == '|' || c == ',' || c == ' ' }) {
		list = append(list, strings.Trim(one, "<>"))
	}
	return list
}

// send hands a mail to the server of SMTP, or to mailcmd. Either runs apart from the call.
func (h *House) send(m *Mailbox, l *letter) bool {
	text, err := l.bytes()
	if err != nil {
		h.Logger.Error("a mail is not sent", "mailbox", m.ID(), "error", err)
		return false
	}
	if h.Outbox != nil && h.Server() != nil {
		if err := h.Outbox.add(l.address, l.recipients(), text); err != nil {
			h.Logger.Error("a mail is not sent", "mailbox", m.ID(), "error", err)
			return false
		}
		return true
	}
	line := m.options.mailCommand
	h.Go(func() {
		p := exec.Command("/bin/sh", "-c", line) //nolint:gosec,noctx // the administrator wrote it
		p.Stdin = bytes.NewReader(text)
		if err := p.Run(); err != nil {
			h.Logger.Error("a mail was not sent", "mailbox", m.ID(), "command", line, "error", err)
		}
	})
	return true
}
