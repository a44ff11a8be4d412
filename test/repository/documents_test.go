package repository

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents returns the text of every Markdown file by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	walk(t, func(path string, _ fs.DirEntry) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		text, err := os.ReadFile(filepath.Join(root(t), path))
		if err != nil {
			t.Error(err)
		}
		all[path] = string(text)
	})
	return all
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```")

// What the documentation shows as Go is a program that builds.
func TestGoInDocumentsBuilds(t *testing.T) {
	for path, text := range documents(t) {
		for i, block := range fence.FindAllStringSubmatch(text, -1) {
			if block[1] != "go" {
				continue
			}
			file := filepath.Join(t.TempDir(), "main.go")
			if err := os.WriteFile(file, []byte(block[2]), 0o644); err != nil {
				t.Fatal(err)
			}
			build := exec.Command("go", "vet", file)
			build.Dir = root(t)
			if out, err := build.CombinedOutput(); err != nil {
				t.Errorf("%s: block %d does not build: %v\n%s", path, i+1, err, out)
			}
		}
	}
}

var (
	target     = regexp.MustCompile(`(?m)^([a-z-]+):`)
	makeCalled = regexp.MustCompile("(?m)(?:^|`|&& )make ([a-z-]+)")
	goPackage  = regexp.MustCompile(`go (?:run|doc|test|build) (\./[a-z/]+)`)
	link       = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)
)

// Every command and every link in the documentation leads somewhere.
func TestDocumentsLeadSomewhere(t *testing.T) {
	top := root(t)
	makefile, err := os.ReadFile(filepath.Join(top, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range target.FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	for path, text := range documents(t) {
		for _, m := range makeCalled.FindAllStringSubmatch(text, -1) {
			if !targets[m[1]] {
				t.Errorf("%s: the Makefile has no target %q", path, m[1])
			}
		}
		for _, m := range goPackage.FindAllStringSubmatch(text, -1) {
			if found, _ := filepath.Glob(filepath.Join(top, m[1], "*.go")); len(found) == 0 {
				t.Errorf("%s: there is no package %s", path, m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
			if _, err := os.Stat(filepath.Join(top, filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s: the link %s leads nowhere", path, m[1])
			}
		}
	}
}

var code = regexp.MustCompile("(?s)`[^`]*`")

// prose is a document without its code.
func prose(text string) string { return code.ReplaceAllString(fence.ReplaceAllString(text, ""), "") }

// A new user's two commands are in the README, as they are to be typed.
func TestReadmeHasTheTwoCommands(t *testing.T) {
	text := documents(t)["README.md"]
	for _, command := range []string{"go run ./cmd/octothorpe", "make test"} {
		if !strings.Contains(text, "\n    "+command) && !strings.Contains(text, "\n"+command+"\n") {
			t.Errorf("README.md does not show %q on a line of its own", command)
		}
	}
}

// machinePath is a path of somebody's machine, or out of the repository.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.])(/work/|/home/[a-z]+/|/root/|(\.\./)+shared/)`)

// The repository needs nobody's machine.
func TestNothingPointsOutOfTheRepository(t *testing.T) {
	own := "test/repository/documents_test.go"
	walk(t, func(path string, _ fs.DirEntry) {
		if path == own || strings.Contains(path, "testdata/") || !textual(path) {
			return
		}
		data, err := os.ReadFile(filepath.Join(root(t), path))
		if err != nil {
			t.Error(err)
			return
		}
		for i, line := range strings.Split(string(data), "\n") {
			if found := machinePath.FindString(line); found != "" {
				t.Errorf("%s:%d: %q is a path of one machine", path, i+1, strings.TrimSpace(found))
			}
		}
	})
}

func textual(path string) bool {
	switch filepath.Ext(path) {
	case ".go", ".md", ".sh", ".conf", ".tsv", ".xml", ".mod", "":
		return true
	}
	return false
}

// Each module that go.mod names directly has its line in docs/dependencies.md.
func TestDependenciesAreExplained(t *testing.T) {
	top := root(t)
	mod, err := os.ReadFile(filepath.Join(top, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text := documents(t)["docs/dependencies.md"]
	for line := range strings.SplitSeq(string(mod), "\n") {
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "\t") || len(fields) < 2 || strings.Contains(line, "// indirect") {
			continue
		}
		if !strings.Contains(text, "`"+fields[0]+"`") {
			t.Errorf("docs/dependencies.md says nothing about %s: need, licence, why this one", fields[0])
		}
	}
}
