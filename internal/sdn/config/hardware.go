package config

// Hardware is what a kind of switch needs done differently. Kinds are rows of a
// table, not branches.
type Hardware struct {
	Name          string
	TableFeatures bool // it wants to be told its tables first
	Meters        bool
	Conntrack     bool // Nicira's ct
	StaticTables  bool // table numbers are those of all tables, used or not
	NoMetadata    bool
}

// Kinds of hardware that a configuration may name.
var kinds = []Hardware{
	{Name: "Generic", Meters: true},
	{Name: "GenericTFM", TableFeatures: true, Meters: true},
	{Name: "Allied-Telesis", Meters: true},
	{Name: "Aruba", TableFeatures: true, NoMetadata: true},
	{Name: "CiscoC9K", TableFeatures: true},
	{Name: "Lagopus", Meters: true, Conntrack: true},
	{Name: "Netronome", Meters: true, Conntrack: true},
	{Name: "NoviFlow", TableFeatures: true, StaticTables: true, Meters: true},
	{Name: "Open vSwitch", Meters: true, Conntrack: true},
	{Name: "Open vSwitch TFM", TableFeatures: true, Meters: true, Conntrack: true},
	{Name: "ZodiacFX", Meters: true, Conntrack: true},
	{Name: "ZodiacGX", Meters: true, Conntrack: true},
}

func hardware(name string) *Hardware {
	for i := range kinds {
		if kinds[i].Name == name {
			return &kinds[i]
		}
	}
	return nil
}

func hardwareNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	return names
}
