package wire

import (
	"fmt"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// A Difference is an exchange of messages that is not as the reference's on purpose:
// why, and what differs. It has to differ in just this way.
type Difference struct{ Why, What string }

// Differences reads the list of those that are meant, by the name of the file and of
// the exchange.
func Differences(path string) (map[string]Difference, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the list of differences: %w", err)
	}
	all := map[string]Difference{}
	for _, f := range archive.Files {
		why, what, _ := strings.Cut(string(f.Data), "\n")
		if strings.TrimSpace(why) == "" {
			return nil, fmt.Errorf("%s: %s says no reason", path, f.Name)
		}
		all[f.Name] = Difference{why, strings.TrimSpace(what)}
	}
	return all, nil
}

// Patience is for what may never come of an exchange that is listed.
const Patience = 500 * time.Millisecond

// More says that messages came after the end of an exchange.
func More(n int) string { return fmt.Sprintf("%d more came after its end", n) }

// Plain has what Compare says as lines without blanks at their ends, as in the list.
func Plain(differences []string) string {
	lines := strings.Split(strings.Join(differences, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
