package dialplan

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// testEnv is an Env of a map and a few functions.
type testEnv struct {
	variables map[string]string
	warnings  []string
}

func (e *testEnv) Variable(name string) (string, bool) {
	v, ok := e.variables[name]
	return v, ok
}

func (e *testEnv) Function(name, args string) (string, error) {
	switch name {
	case "LEN":
		return strconv.Itoa(len(args)), nil
	case "TOUPPER":
		return strings.ToUpper(args), nil
	case "QUOTE":
		return `"` + args + `"`, nil
	case "ABS":
		return strings.TrimPrefix(args, "-"), nil
	case "GLOBAL":
		return e.variables[args], nil
	}
	return "", fmt.Errorf("function %s not registered", name)
}

func (e *testEnv) Warn(message string, _ ...any) { e.warnings = append(e.warnings, message) }

// transcript calls f with each line of a recorded file.
func transcript(t *testing.T, file string, f func(t *testing.T, section, text, want string)) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range txtar.Parse(data).Files {
		if section.Name == "variables" {
			continue
		}
		t.Run(section.Name, func(t *testing.T) {
			for _, line := range strings.Split(strings.TrimSuffix(string(section.Data), "\n"), "\n") {
				at := strings.LastIndexByte(line, '\t')
				if at < 0 {
					t.Fatalf("no tab in %q", line)
				}
				f(t, section.Name, line[:at], line[at+1:])
			}
		})
	}
}
