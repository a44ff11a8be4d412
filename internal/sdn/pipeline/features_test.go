package pipeline

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/openflow"
)

// testdata/features/*.txtar are configurations and the table features message that
// Faucet 1.10 sent for them, in hexadecimal digits.
func TestTableFeaturesAreAsRecorded(t *testing.T) {
	for _, r := range records(t, "testdata/features", 5) {
		raw, err := hex.DecodeString(strings.TrimSpace(string(r.told[0].Data)))
		if err != nil {
			t.Fatal(err)
		}
		_, m, err := openflow.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		got, want := featureLines(TableFeatures(r.config.DPs[0])), featureLines(m.(*openflow.MultipartRequest))
		missing, surplus := without(want, got), without(got, want)
		if len(missing)+len(surplus) > 0 {
			t.Errorf("%s\n-%s\n+%s", r.file, strings.Join(head(missing), "\n-"), strings.Join(head(surplus), "\n+"))
		}
	}
}

// featureLines are what the message says, sorted: the order of properties and of
// what they list does not matter.
func featureLines(m *openflow.MultipartRequest) (lines []string) {
	if m == nil {
		return nil
	}
	for _, f := range m.Body.(*openflow.TableFeaturesRequest).Tables {
		lines = append(lines, fmt.Sprintf("%d %s config %d entries %d", f.Table, f.Name, f.Config, f.MaxEntries))
		for _, p := range f.Properties {
			var kind uint16
			var list []string
			switch p := p.(type) {
			case openflow.InstructionsProperty:
				kind = p.Kind
				for _, id := range p.IDs {
					list = append(list, fmt.Sprint(id.Kind))
				}
			case openflow.ActionsProperty:
				kind = p.Kind
				for _, id := range p.IDs {
					list = append(list, fmt.Sprint(id.Kind))
				}
			case openflow.NextTablesProperty:
				kind = p.Kind
				list = append(list, fmt.Sprint(p.Tables))
			case openflow.FieldsProperty:
				kind = p.Kind
				for _, h := range p.Headers {
					list = append(list, fmt.Sprintf("%x", h))
				}
			}
			slices.Sort(list)
			lines = append(lines, fmt.Sprintf("%d %s property %d: %v", f.Table, f.Name, kind, list))
		}
	}
	slices.Sort(lines)
	return lines
}

// Open vSwitch is told of all tables that it can have, with no fields: a message of
// 90 kB in hexadecimal digits, of which this is what counts.
func TestTableFeaturesOfOpenVSwitch(t *testing.T) {
	dp, _ := build(t, strings.Replace(before, "dp_id: 1", "dp_id: 1\n    hardware: Open vSwitch TFM", 1), State{})
	tables := TableFeatures(dp).Body.(*openflow.TableFeaturesRequest).Tables
	if len(tables) != 254 || tables[0].Name != "port_acl" || tables[253].Name != "253" {
		t.Fatalf("%d tables", len(tables))
	}
	for _, table := range tables {
		for _, p := range table.Properties {
			if f, ok := p.(openflow.FieldsProperty); ok && len(f.Headers) > 0 || table.MaxEntries != 1000000 {
				t.Errorf("%s: %+v, %d entries", table.Name, p, table.MaxEntries)
			}
		}
	}
	dp, _ = build(t, before, State{})
	if m := TableFeatures(dp); m != nil {
		t.Errorf("who wants none gets %v", m)
	}
}
