package facts

import (
	"embed"
	"strings"
)

//go:embed *.tsv
var files embed.FS

// legacySection introduces the tables of legacy-16.tsv.
const legacySection = "# in Asterisk 16 only: "

// A row is a line of a table. cell gives "" past its end.
type row struct {
	cells  []string
	legacy bool
}

func (r row) cell(i int) string {
	if i < len(r.cells) {
		return r.cells[i]
	}
	return ""
}

// rows reads a table and, after it, the rows of legacy-16.tsv of the same name.
func rows(name string) []row {
	all := lines(name, "")
	for _, r := range lines("legacy-16", name) {
		r.legacy = true
		all = append(all, r)
	}
	return all
}

// lines reads one embedded file; with a section, only the lines below it.
func lines(file, section string) []row {
	data, err := files.ReadFile(file + ".tsv")
	if err != nil {
		return nil
	}
	var all []row
	within := section == ""
	for line := range strings.SplitSeq(string(data), "\n") {
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			if section != "" {
				within = line == legacySection+section
			}
		case within:
			all = append(all, row{cells: strings.Split(line, "\t")})
		}
	}
	return all
}
