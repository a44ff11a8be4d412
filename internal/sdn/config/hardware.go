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

	// Of the table features message: how many tables it has, used or not; how many
	// entries each, where that is not reckoned; that no fields are named.
	FeatureTables, FeatureSize int
	FeatureNoFields            bool
	FeatureTerse               bool // nothing that is empty, and no time to live
}

// Kinds of hardware that a configuration may name.
var kinds = []Hardware{
	{Name: "Generic", Meters: true},
	{Name: "GenericTFM", TableFeatures: true, Meters: true},
	{Name: "Allied-Telesis", Meters: true},
	{Name: "Aruba", TableFeatures: true, FeatureTerse: true, NoMetadata: true},
	{Name: "CiscoC9K", TableFeatures: true},
	{Name: "Lagopus", Meters: true, Conntrack: true},
	{Name: "Netronome", Meters: true, Conntrack: true},
	{Name: "NoviFlow", StaticTables: true, Meters: true},
	{Name: "Open vSwitch", Meters: true, Conntrack: true},
	{Name: "Open vSwitch TFM", FeatureTables: 254, FeatureSize: 1000000, FeatureNoFields: true, TableFeatures: true, Meters: true, Conntrack: true},
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
