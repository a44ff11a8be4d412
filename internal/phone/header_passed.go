package phone

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// passedOn are the headers that the dialplan gives to a leg of any technology, for
// the INVITEs of the legs that come of it.
type passedOn struct{ headers }

// passedKey is the key under which a leg keeps them.
type passedKey struct{}

// Inherited implements channel.Inherited.
func (passedOn) Inherited() {}

func passedOf(c *channel.Channel) (passedOn, error) {
	if c == nil {
		return passedOn{}, errors.New("this function needs a channel")
	}
	p, _ := c.Value(passedKey{}).(passedOn)
	return p, nil
}

func readPassed(_ context.Context, c *channel.Channel, text string) (string, error) {
	p, err := passedOf(c)
	if err != nil {
		return "", err
	}
	action, name, n, err := headerArgs(text)
	if err != nil {
		return "", err
	}
	if action != "read" {
		return "", fmt.Errorf("%q is not read", action)
	}
	return p.read(name, n), nil
}

func writePassed(_ context.Context, c *channel.Channel, text, value string) error {
	p, err := passedOf(c)
	if err != nil {
		return err
	}
	action, name, n, err := headerArgs(text)
	if err != nil {
		return err
	}
	p.list = slices.Clone(p.list) // the legs that inherited it have the old one
	switch action {
	case "add":
		p.list = append(p.list, sip.Header{Name: name, Value: value})
	case "update":
		if !p.update(name, n, value) {
			return fmt.Errorf("there is no header %s", name)
		}
	case "remove":
		p.remove(name)
	default:
		return fmt.Errorf("%q is none of add, update, remove", action)
	}
	c.SetValue(passedKey{}, p)
	return nil
}
