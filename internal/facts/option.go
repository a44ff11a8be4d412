package facts

// An Option is a setting of a configuration file.
type Option struct {
	File    string // pjsip.conf
	Object  string // the kind of section: endpoint, general, queue, peer …
	Name    string // in parentheses where any name may stand
	Default string
}

// AllOptions returns every option known, by file and object.
func AllOptions() []Option {
	all := make([]Option, 0, 2048)
	for _, table := range []string{"config-options", "config-options-classic"} {
		for _, r := range lines(table, "") {
			option := Option{r.cell(0), r.cell(1), r.cell(2), r.cell(3)}
			if option.Name == "" {
				option.Name = "(name)"
			}
			all = append(all, option)
		}
	}
	return all
}

// Options returns the options of one kind of section of a file; with the object
// "" those of all its sections. None means that the file or object is unknown.
func Options(file, object string) []Option {
	var some []Option
	for _, option := range AllOptions() {
		if option.File == file && (object == "" || option.Object == object) {
			some = append(some, option)
		}
	}
	return some
}

// Files returns the configuration files whose options are known, each once, in
// the order of the tables.
func Files() []string {
	var names []string
	seen := map[string]bool{}
	for _, option := range AllOptions() {
		if !seen[option.File] {
			seen[option.File] = true
			names = append(names, option.File)
		}
	}
	return names
}
