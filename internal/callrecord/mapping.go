package callrecord

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Mappings are the fields that AMI's Cdr has beside its own: field of the record,
// key of the event.
type Mappings struct{ fields []event.Variable }

// LoadManager reads cdr_manager.conf. nil are no mappings: AMI is told nothing.
func LoadManager(f *config.File) (*Mappings, []config.Diagnostic) {
	if f == nil {
		return nil, nil
	}
	r := config.NewReader(f)
	enabled := false
	if section := f.Merged("general"); section != nil {
		s := r.Section(section)
		enabled = s.Bool("enabled", false)
		s.Done()
	}
	m := &Mappings{}
	if section := f.Merged("mappings"); section != nil {
		for _, e := range section.Lines() {
			m.fields = append(m.fields, event.Variable{Name: e.Key, Value: e.Value})
		}
	}
	if !enabled {
		m = nil
	}
	return m, r.Diagnostics()
}

// event returns a record as clients are told it.
func (m *Mappings) event(v *Record) *event.Cdr {
	e := &event.Cdr{AccountCode: v.Account, Source: v.Source, Destination: v.Destination, DestinationContext: v.Context, CallerID: v.CallerID,
		Channel: v.Channel, DestinationChannel: v.DestinationChannel, LastApplication: v.LastApplication, LastData: v.LastData,
		Start: v.Start, Answer: v.Answer, End: v.End, Duration: v.Duration, BillableSeconds: v.Billable, Disposition: v.Disposition.String(),
		AMAFlags: amaName(v.AMAFlags), UniqueID: v.UniqueID, UserField: v.UserField}
	for _, f := range m.fields {
		e.Mapped = append(e.Mapped, event.Variable{Name: f.Value, Value: v.field(f.Name, "")})
	}
	return e
}

// A Template is a line of a mapping: a file, and what is written to it.
type Template struct {
	File, Text string

	fields []templateField // nil: it is expanded
}

// LoadCustom reads cdr_custom.conf or cel_custom.conf; nil without such a file, or
// without a line in it.
func LoadCustom(f *config.File) ([]Template, []config.Diagnostic) {
	if f == nil {
		return nil, nil
	}
	var list []Template
	var problems []config.Diagnostic
	for _, s := range f.Sections() {
		if s.Template {
			continue
		}
		if !strings.EqualFold(s.Name, "mappings") {
			problems = append(problems, config.Diagnostic{Severity: config.Warning, File: s.File, Line: s.Line,
				Problem: fmt.Sprintf("section %s: formats of their own for files are not honoured yet", s.Name), Hint: "use [mappings]"})
			continue
		}
		for _, e := range s.Lines() {
			if strings.HasPrefix(filepath.Clean(e.Key), "..") {
				problems = append(problems, config.Diagnostic{Severity: config.Warning, File: e.File, Line: e.Line,
					Problem: fmt.Sprintf("%s lies outside of the folder of records", e.Key), Hint: "write the whole path, or the name alone"})
			}
			if e.Value != "" {
				list = append(list, Template{File: e.Key, Text: e.Value, fields: fieldsOf(e.Value)})
			}
		}
	}
	return list, problems
}
