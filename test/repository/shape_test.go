package repository

import (
	"go/ast"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	longestFile     = 600 // lines, hand-written
	longestFunction = 120 // lines
	largestTestData = 1 << 20
	allTestData     = 24 << 20
)

func TestFilesAreOneIdea(t *testing.T) {
	for _, s := range sources(t) {
		if lines := strings.Count(s.Text, "\n"); lines > longestFile && !s.Generated {
			t.Errorf("%s has %d lines (limit %d): look for the second idea in it", s.Path, lines, longestFile)
		}
	}
}

func TestFunctionsFitAScreen(t *testing.T) {
	for _, s := range sources(t) {
		if s.Generated {
			continue
		}
		for _, declaration := range s.File.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if lines := s.line(function.End()) - s.line(function.Pos()) + 1; lines > longestFunction {
				t.Errorf("%s:%d: %s has %d lines (limit %d)", s.Path, s.line(function.Pos()), function.Name.Name, lines, longestFunction)
			}
		}
	}
}

// Every package says in doc.go what it is.
func TestPackagesSayWhatTheyAre(t *testing.T) {
	documented, folders := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.Test || ignored(s) {
			continue
		}
		folders[s.Folder] = true
		if filepath.Base(s.Path) != "doc.go" {
			continue
		}
		documented[s.Folder] = true
		text := ""
		if s.File.Doc != nil {
			text = s.File.Doc.Text()
		}
		name := s.File.Name.Name
		if name != "main" && !strings.HasPrefix(text, "Package "+name+" ") {
			t.Errorf("%s: the comment starts with %q, want \"Package %s …\"", s.Path, firstWords(text), name)
		}
		if len(text) < 120 {
			t.Errorf("%s: too short to say what the package is, who calls it, what may be called concurrently and what it leaves out", s.Path)
		}
	}
	for folder := range folders {
		if !documented[folder] {
			t.Errorf("%s has no doc.go", folder)
		}
	}
}

// ignored files are programs beside a package, such as its generator.
func ignored(s source) bool { return strings.HasPrefix(s.Text, "//go:build ignore") }

func firstWords(text string) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(4, len(words))], " ")
}

var emptyName = regexp.MustCompile(`^(utils?|commons?|helpers?|types?|misc|shared|stuff|tools?)(_test)?(\.go)?$`)

// Names say what is inside.
func TestNamesSayWhatIsInside(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		for _, name := range append(strings.Split(s.Folder, "/"), filepath.Base(s.Path)) {
			if emptyName.MatchString(name) && !seen[s.Folder+name] {
				seen[s.Folder+name] = true
				t.Errorf("%s: %q says nothing about what is inside; name the idea", s.Path, name)
			}
		}
	}
}

// Nothing registers itself: the tables of a package are joined by exchange.
func TestNothingRegistersItself(t *testing.T) {
	for _, s := range sources(t) {
		if s.Test || s.Generated {
			continue
		}
		for _, declaration := range s.File.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
				t.Errorf("%s:%d: init(): put the row in the package's table instead", s.Path, s.line(function.Pos()))
			}
		}
	}
}

// A test that is skipped says why.
func TestSkipsHaveReasons(t *testing.T) {
	for _, s := range sources(t) {
		if !s.Test {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if selector.Sel.Name == "SkipNow" || selector.Sel.Name == "Skip" && len(call.Args) == 0 {
				t.Errorf("%s:%d: skipped without a reason", s.Path, s.line(call.Pos()))
			}
			return true
		})
	}
}

// A clone stays small.
func TestTestDataIsSmall(t *testing.T) {
	var total int64
	walk(t, func(path string, entry fs.DirEntry) {
		if !strings.Contains(path, "testdata/") {
			return
		}
		info, err := entry.Info()
		if err != nil {
			return // gone since the folder was read
		}
		total += info.Size()
		if info.Size() > largestTestData {
			t.Errorf("%s has %d bytes (limit %d): make it in the test, or cut it", path, info.Size(), largestTestData)
		}
	})
	if total > allTestData {
		t.Errorf("all test data together has %d bytes (limit %d)", total, allTestData)
	}
}
