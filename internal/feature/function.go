package feature

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// A Function is a row of this package's table.
type Function = command.Function[*channel.Channel]

var errNoChannel = errors.New("there is no channel")

// Functions returns the dialplan functions.
func (h *House) Functions() []Function {
	return []Function{
		{Row: command.Row{Name: "FEATURE", Module: "features", Synopsis: "An option of features.conf for one leg",
			Syntax: "FEATURE(option)"}, Read: h.readOption, Write: h.writeOption},
		{Row: command.Row{Name: "FEATUREMAP", Module: "features", Synopsis: "The keys of a feature for one leg",
			Syntax: "FEATUREMAP(feature)"}, Read: h.readCode, Write: h.writeCode},
	}
}

func (h *House) readOption(_ context.Context, c *channel.Channel, name string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "inherit" {
		o, _ := c.Value(own{}).(ofLeg)
		return map[bool]string{true: "yes", false: "no"}[o.inherit], nil
	}
	value, ok := h.of(c).general[name]
	switch {
	case !ok:
		return "", fmt.Errorf("FEATURE: there is no option %q", name)
	case name == "atxferdropcall": // the reference tells the bits of its flag
		return map[bool]string{true: strconv.FormatUint(1<<32-1, 10), false: "0"}[value == "yes"], nil
	}
	return value, nil
}

// change changes the settings of a leg.
func (h *House) change(c *channel.Channel, f func(*ofLeg) error) error {
	if c == nil {
		return errNoChannel
	}
	o, _ := c.Value(own{}).(ofLeg)
	o.Settings = h.of(c).clone()
	if err := f(&o); err != nil {
		return err
	}
	c.SetValue(own{}, o)
	return nil
}

func (h *House) writeOption(_ context.Context, c *channel.Channel, name, value string) error {
	name = strings.ToLower(strings.TrimSpace(name))
	return h.change(c, func(o *ofLeg) error {
		if name == "inherit" {
			o.inherit = config.True(value)
			return nil
		}
		return o.set(name, value)
	})
}

func (h *House) readCode(_ context.Context, c *channel.Channel, name string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	code, ok := h.of(c).codes[strings.TrimSpace(name)]
	if !ok {
		return "", fmt.Errorf("FEATUREMAP: there is no feature %q", name)
	}
	return code, nil
}

func (h *House) writeCode(_ context.Context, c *channel.Channel, name, value string) error {
	name = strings.TrimSpace(name)
	return h.change(c, func(o *ofLeg) error {
		if _, ok := o.codes[name]; !ok {
			return fmt.Errorf("FEATUREMAP: there is no feature %q", name)
		}
		o.codes[name] = value
		return nil
	})
}
