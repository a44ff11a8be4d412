package voicemail

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// WithPassword is the value of a mailbox's line with another password.
func WithPassword(value, password string) (string, error) {
	if strings.ContainsAny(password, ",;\n") {
		return "", fmt.Errorf("change password: %q can't stand in the file", password)
	}
	_, rest, more := strings.Cut(value, ",")
	if more {
		return password + "," + rest, nil
	}
	return password, nil
}

// secretFile is where the password of a mailbox stands with passwordlocation=spooldir.
func (h *House) secretFile(m *Mailbox) string { return filepath.Join(h.box(m), "secret.conf") }

// password returns the password of a mailbox that is in force.
func (h *House) password(m *Mailbox) string {
	if m.options.passwordPlace == "spooldir" {
		if data, err := os.ReadFile(h.secretFile(m)); err == nil {
			for line := range strings.Lines(string(data)) {
				if key, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "password" {
					return strings.TrimSpace(strings.TrimPrefix(value, ">"))
				}
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if changed, ok := h.passwords[m.ID()]; ok {
		return changed
	}
	return m.Password
}

// setPassword gives a mailbox another password, and keeps it where its settings say. It
// returns the names of who was told.
func (h *House) setPassword(m *Mailbox, password string) (told []string, err error) {
	g := &h.settings().general
	switch {
	case g.externPass != "" && g.externPassMode == "change":
		told = []string{"external script"}
		h.run(g.externPass, m.Context, m.Number, password)
	case m.options.passwordPlace == "spooldir":
		told = []string{"secret.conf"}
		err = h.writeSecret(m, password)
	default:
		told = []string{"voicemail.conf"}
		err = h.Rewrite(m.Context, m.Number, password)
	}
	if err != nil {
		return nil, err
	}
	if g.externPassMode == "notify" && g.externPass != "" {
		told = append(told, "external script")
		h.run(g.externPass, m.Context, m.Number, password)
	}
	h.mu.Lock()
	if h.passwords == nil {
		h.passwords = map[string]string{}
	}
	h.passwords[m.ID()] = password
	h.mu.Unlock()
	if bus := h.Channels.Bus; bus.Wants(event.KindGeneric) {
		bus.Publish(&event.Generic{Name: "VoicemailPasswordChange", Class: "user", Fields: []event.Variable{
			{Name: "Context", Value: m.Context}, {Name: "Mailbox", Value: m.Number}, {Name: "NewPassword", Value: password}}})
	}
	return told, nil
}

func (h *House) writeSecret(m *Mailbox, password string) error {
	path := h.secretFile(m)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		return fmt.Errorf("keep password: %w", err)
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, []byte("[general]\npassword = "+password+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep password: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("keep password: %w", err)
	}
	return nil
}

// test tells tests that a point was passed, by the reference's names.
func test(c *channel.Channel, state, message string, more ...event.Variable) {
	c.TestEvent(state, "app_voicemail.c", "voicemail", append([]event.Variable{{Name: "Message", Value: message}}, more...)...)
}
