package phone

import (
	"context"
	"errors"
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
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
	return p.readOnly(text)
}

func writePassed(_ context.Context, c *channel.Channel, text, value string) error {
	p, err := passedOf(c)
	if err != nil {
		return err
	}
	p.list = slices.Clone(p.list) // the legs that inherited it have the old one
	if err := p.write(text, value); err != nil {
		return err
	}
	c.SetValue(passedKey{}, p)
	return nil
}
