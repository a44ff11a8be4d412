package voicemail

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// How long digits are waited for, and how long the reference pauses before it asks who
// is there.
const (
	firstDigit = 10 * time.Second
	nextDigit  = 2 * time.Second
	menuWait   = 6 * time.Second
)

// enter asks for digits up to #.
func (h *House) enter(ctx context.Context, c *channel.Channel, prompts ...string) (string, error) {
	key, err := h.play(ctx, c, anyKey, prompts...)
	if err != nil {
		return "", err
	}
	return h.digits(ctx, c, key)
}

// digits takes digits up to #, of which the first may have come.
func (h *House) digits(ctx context.Context, c *channel.Channel, first byte) (string, error) {
	got, key, wait := "", first, firstDigit
	for {
		if key == 0 {
			var err error
			if key, err = h.Voice.WaitKey(ctx, c, anyKey, wait); err != nil {
				return "", err
			}
		}
		if key == 0 || key == '#' {
			return got, nil
		}
		got, key, wait = got+string(rune(key)), 0, nextDigit
	}
}

// A login is who says to be the owner of a mailbox.
type login struct {
	number, context string
	prefix          bool // the number is the beginning of one that is entered
	silent          bool // the first question is not asked
	trusted         bool // without a password
}

// How a login ended, but for the owner of a mailbox.
type loginEnd int

const (
	loggedIn   loginEnd = iota
	redirected          // to the extension a
	refused
)

// authenticate asks for mailbox and password.
func (h *House) authenticate(ctx context.Context, c *channel.Channel, l login) (*Mailbox, loginEnd, error) {
	g := &h.settings().general
	asked := l.number == "" || l.prefix
	question := "vm-login"
	if l.silent {
		question = ""
	}
	for range g.maxLogins {
		number := l.number
		if asked {
			entered, err := h.ask(ctx, c, question)
			if err != nil {
				return nil, refused, err
			}
			if strings.HasPrefix(entered, "*") && h.exists(c, c.Location().Context, "a") {
				test(c, "REDIRECT", "redirecting user to 'a' extension")
				return nil, redirected, h.Dialplan.Goto(c, "a,1")
			}
			if entered == "" {
				entered = c.Caller().Number.Text
			}
			if number = entered; l.prefix {
				number = l.number + entered
			}
		}
		m := h.find(number, l.context)
		if l.trusted && m != nil {
			return m, loggedIn, nil
		}
		password, err := h.ask(ctx, c, g.passwordPrompt)
		if err != nil {
			return nil, refused, err
		}
		if strings.HasPrefix(password, "*") && h.exists(c, c.Location().Context, "a") {
			test(c, "REDIRECT", "redirecting user to 'a' extension")
			return nil, redirected, h.Dialplan.Goto(c, "a,1")
		}
		if m != nil && password == strings.TrimPrefix(h.password(m), "-") {
			return m, loggedIn, nil
		}
		h.Logger.Info("Incorrect password for user", "channel", c.Name(), "mailbox", number)
		question = "vm-incorrect-mailbox"
		if !asked {
			if _, err := h.play(ctx, c, "", "vm-incorrect"); err != nil {
				return nil, refused, err
			}
		}
	}
	if asked {
		if _, err := h.play(ctx, c, "", "vm-incorrect"); err != nil {
			return nil, refused, err
		}
	}
	_, err := h.play(ctx, c, "", "vm-goodbye")
	return nil, refused, err
}

// ask is enter with a question that may be none.
func (h *House) ask(ctx context.Context, c *channel.Channel, question string) (string, error) {
	if question == "" {
		return h.enter(ctx, c)
	}
	return h.enter(ctx, c, question)
}

// listenFirst gives the far end time before it is asked.
func listenFirst(ctx context.Context, c *channel.Channel) error {
	return c.AnswerAndListen(ctx, time.Second)
}

// acceptable tells whether a new password may be.
func (h *House) acceptable(m *Mailbox, password string) bool {
	g := &h.settings().general
	if len(password) < max(g.minPassword, 1) || strings.ContainsAny(password, "*") {
		return false
	}
	if g.externCheck == "" {
		return true
	}
	p := exec.Command("/bin/sh", "-c", g.externCheck+` "$@"`, "sh", m.Number, m.Context, h.password(m), password) //nolint:gosec,noctx // the administrator wrote it
	out, err := p.Output()
	if err != nil {
		h.Logger.Warn("the command that checks passwords failed", "error", err)
	}
	return strings.HasPrefix(strings.TrimSpace(string(out)), "VALID")
}
