package voicemail

import (
	"context"
	"os"

	"github.com/octothorpe/octothorpe/internal/event"
)

// options is the menu of the mailbox: its greetings and its password.
func (s *session) options(ctx context.Context) error {
	for {
		key, err := s.choose(ctx, "vm-options")
		if err != nil {
			return err
		}
		switch key {
		case '1':
			_, err = s.greet(ctx, "unavail", "vm-rec-unv")
		case '2':
			_, err = s.greet(ctx, "busy", "vm-rec-busy")
		case '3':
			_, err = s.greet(ctx, "greet", "vm-rec-name")
		case '4':
			err = s.temporary(ctx)
		case '5':
			err = s.changePassword(ctx)
		case '*', '#', 't':
			return nil
		default:
			_, err = s.house.play(ctx, s.c, "", "vm-sorry")
		}
		if err != nil {
			return err
		}
	}
}

// greet records a greeting. It reports whether one was made.
func (s *session) greet(ctx context.Context, name, question string) (bool, error) {
	h := s.house
	base, remove, err := h.temporary(s.m)
	if err != nil {
		h.Logger.Error("a greeting can't be recorded", "mailbox", s.m.ID(), "error", err)
		return false, nil
	}
	defer remove()
	v := &review{house: h, c: s.c, m: s.m, base: base, intro: question, keys: "#", most: h.settings().general.maxGreet}
	if _, err := v.run(ctx); err != nil {
		return false, err // what was not accepted does not count
	}
	path, _ := h.greeting(s.m, name)
	unlock := h.lock(s.m)
	defer unlock()
	for _, sound := range sounds(base) {
		if err := os.Rename(sound, path+extension(sound)); err != nil {
			h.Logger.Error("a greeting is not kept", "mailbox", s.m.ID(), "error", err)
		}
	}
	return true, nil
}

// temporary is the menu of the greeting that comes before all others while it is there.
func (s *session) temporary(ctx context.Context) error {
	h := s.house
	test(s.c, "TEMPGREETING", "entering temp greeting options")
	for {
		path, there := h.greeting(s.m, "temp")
		if !there {
			if made, err := s.greet(ctx, "temp", "vm-rec-temp"); !made || err != nil {
				return err
			}
			continue
		}
		key, err := s.choose(ctx, "vm-tempgreeting2")
		if err != nil {
			return err
		}
		switch key {
		case '1':
			if _, err := s.greet(ctx, "temp", "vm-rec-temp"); err != nil {
				return err
			}
		case '2':
			if err := discard(path); err != nil {
				h.Logger.Error("a greeting is not removed", "mailbox", s.m.ID(), "error", err)
			}
			_, err := h.play(ctx, s.c, "", "vm-tempremoved")
			return err
		case '*', '#', 't':
			return nil
		}
	}
}

// changePassword asks for a new password, twice.
func (s *session) changePassword(ctx context.Context) error {
	g := &s.house.settings().general
	if pw := s.house.password(s.m); len(pw) > 0 && pw[0] == '-' { // the owner may not
		_, err := s.house.play(ctx, s.c, "", "vm-no")
		return err
	}
	for range turnsOfMenu {
		changed, err := s.onePassword(ctx, g)
		if changed || err != nil {
			return err
		}
	}
	return nil
}

func (s *session) onePassword(ctx context.Context, g *general) (bool, error) {
	h, c := s.house, s.c
	password, err := h.enter(ctx, c, g.newPassword)
	if err != nil {
		return false, err
	}
	if !h.acceptable(s.m, password) {
		_, err := h.play(ctx, c, "", g.invalidPassword)
		return false, err
	}
	again, err := h.enter(ctx, c, g.reenter)
	if err != nil {
		return false, err
	}
	if again != password {
		h.Logger.Info("Password mismatch for user", "channel", c.Name(), "mailbox", s.m.ID())
		_, err := h.play(ctx, c, "", g.mismatch, g.tryAgain)
		return false, err
	}
	told, err := h.setPassword(s.m, password)
	if err != nil {
		h.Logger.Error("a password is not kept", "mailbox", s.m.ID(), "error", err)
		return true, nil
	}
	for _, source := range told {
		test(c, "PASSWORDCHANGED", source+" updated with new password", event.Variable{Name: "PasswordSource", Value: source})
	}
	_, err = h.play(ctx, c, "", g.passwordChanged)
	return true, err
}

// newUser asks one who comes for the first time for a password and greetings.
func (s *session) newUser(ctx context.Context) error {
	h, c := s.house, s.c
	if _, err := h.play(ctx, c, "", "vm-newuser"); err != nil {
		return err
	}
	test(c, "NEWUSER", "entering new user state")
	if err := s.changePassword(ctx); err != nil {
		return err
	}
	if s.m.options.forceName {
		if _, there := h.greeting(s.m, "greet"); !there {
			if _, err := s.greet(ctx, "greet", "vm-rec-name"); err != nil {
				return err
			}
		}
	}
	if !s.m.options.forceGreetings {
		return nil
	}
	for _, one := range [][2]string{{"unavail", "vm-rec-unv"}, {"busy", "vm-rec-busy"}} {
		if _, there := h.greeting(s.m, one[0]); there {
			continue
		}
		if _, err := s.greet(ctx, one[0], one[1]); err != nil {
			return err
		}
	}
	return nil
}
