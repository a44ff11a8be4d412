package callrecord

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// celBackend is cel_custom: files whose lines are templates. What they say of the
// channel they read of one that is made for them: as it was, and of no call.
type celBackend struct {
	dir       string
	settings  *DiarySettings
	templates []Template
	registry  *channel.Registry
	expand    func(ctx context.Context, c *channel.Channel, text string) string
}

func newCELBackend(g Config, settings *DiarySettings, templates []Template) *celBackend {
	return &celBackend{dir: filepath.Join(g.Dir, "cel-custom"), settings: settings, templates: templates, expand: g.Expand,
		registry: channel.NewRegistry(event.NewBus(), g.Logger, "")}
}

func (*celBackend) name() string { return "CEL Custom CSV Logging" }

func (b *celBackend) write(batch []entry) error {
	texts := make([][]byte, len(b.templates))
	for _, e := range batch {
		if e.event == nil {
			continue
		}
		c, err := b.image(e.event)
		if err != nil {
			return fmt.Errorf("make a channel for a template: %w", err)
		}
		for i, t := range b.templates {
			texts[i] = append(append(texts[i], b.expand(context.Background(), c, t.Text)...), '\n')
		}
		c.End()
	}
	var failed error
	for i, t := range b.templates {
		if len(texts[i]) > 0 {
			failed = errors.Join(failed, appendTo(below(b.dir, t.File), texts[i]))
		}
	}
	return failed
}

// image makes a channel of an event.
func (b *celBackend) image(e *Event) (*channel.Channel, error) {
	s := e.Channel
	c, err := b.registry.New(channel.Config{Name: s.Name, Technology: s.Technology, Leg: channel.Nowhere{}, UniqueID: s.UniqueID, LinkedID: s.LinkedID})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	c.Change(func(now *event.Channel) { *now = *s })
	for _, v := range []event.Variable{{Name: "eventtype", Value: e.Name}, {Name: "eventtime", Value: b.settings.when(e.Time, "")},
		{Name: "eventenum", Value: e.Name}, {Name: "userdeftype", Value: e.Own}, {Name: "eventextra", Value: e.Extra}, {Name: "BRIDGEPEER", Value: e.Peer}} {
		c.SetVariable(v.Name, v.Value)
	}
	if e.Own != "" {
		c.SetVariable("eventtype", e.Own)
	}
	return c, nil
}

// stampFormat is how AMI shows a moment unless cel.conf says otherwise.
const stampFormat = "%Y-%m-%d %H:%M:%S"

// when writes a moment as cel.conf says, or in another format; with neither as seconds.
func (g *DiarySettings) when(t time.Time, otherwise string) string {
	format := g.DateFormat
	if format == "" {
		format = otherwise
	}
	if format == "" {
		return strconv.FormatInt(t.Unix(), 10) + fmt.Sprintf(".%06d", t.Nanosecond()/1000)
	}
	return g.format(t.Local(), format)
}
