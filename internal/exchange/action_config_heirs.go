package exchange

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// An heir is a section that inherits options of another.
type heir struct {
	at   config.Address
	from []config.Entry // those that it inherits, of the ones that change
}

// heirs are the sections that inherit one of a section's options.
func heirs(d *config.Document, of []config.Entry) (list []heir) {
	numbers := map[string]int{}
	for _, s := range d.File().Sections() {
		h := heir{at: config.Address{Section: s.Name, Filter: "TEMPLATES=include", Number: numbers[s.Name]}}
		numbers[s.Name]++
		for _, old := range of {
			inherited := func(o config.Entry) bool { return o.Inherited && o.File == old.File && o.Line == old.Line }
			if slices.ContainsFunc(s.Entries, inherited) {
				h.from = append(h.from, old)
			}
		}
		if len(h.from) > 0 {
			list = append(list, h)
		}
	}
	return list
}

// keeping changes options of a section. Where that is a template, those that
// inherit from it keep what they had, as lines of their own, unless the client
// wants them to follow; a line of theirs that says what the template says now goes.
func (e *configEdit) keeping(d *config.Document, at config.Address, old []config.Entry, change func() error) error {
	var affected []heir
	if d.Section(at).Template {
		affected = heirs(d, old)
	}
	if err := change(); err != nil {
		return err
	}
	for _, h := range affected {
		if e.preserve {
			for _, o := range slices.Backward(h.from) {
				if err := d.Insert(h.at, 0, config.Option{Key: o.Key, Value: o.Value, Arrow: o.Arrow}); err != nil {
					return err
				}
			}
		}
		if err := dropRepeated(d, h.at); err != nil {
			return err
		}
	}
	return nil
}

// dropRepeated takes away the lines of a section that say what it inherits anyway.
func dropRepeated(d *config.Document, at config.Address) error {
	entries := slices.Clone(d.Section(at).Entries)
	for i, own := range slices.Backward(entries) {
		repeated := !own.Inherited && slices.ContainsFunc(entries, func(o config.Entry) bool {
			return o.Inherited && strings.EqualFold(o.Key, own.Key) && o.Value == own.Value
		})
		if !repeated {
			continue
		}
		if err := d.DeleteAt(at, i); err != nil {
			return err
		}
	}
	return nil
}
