package repository

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/octothorpe/octothorpe"

// A source is one Go file of the repository.
type source struct {
	Path      string // from the root, with slashes
	Folder    string
	Text      string
	File      *ast.File
	Fset      *token.FileSet
	Test      bool // *_test.go
	Generated bool // z_*.go, *_gen.go
}

func (s source) line(p token.Pos) int { return s.Fset.Position(p).Line }

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("not the root of the module: %v", err)
	}
	return dir
}

// walk calls visit for every file of the repository that git would keep.
func walk(t *testing.T, visit func(path string, entry fs.DirEntry)) {
	t.Helper()
	top := root(t)
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(path, top), string(filepath.Separator)))
		if entry.IsDir() {
			if relative == ".git" || relative == "bin" {
				return fs.SkipDir
			}
			return nil
		}
		visit(relative, entry)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var parsed struct {
	once    sync.Once
	sources []source
	failed  []string
}

// sources parses every Go file once; those of testdata are data.
func sources(t *testing.T) []source {
	t.Helper()
	top := root(t)
	parsed.once.Do(func() {
		walk(t, func(path string, _ fs.DirEntry) {
			if !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata/") {
				return
			}
			text, err := os.ReadFile(filepath.Join(top, path))
			if err != nil {
				parsed.failed = append(parsed.failed, err.Error())
				return
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
			if err != nil {
				parsed.failed = append(parsed.failed, err.Error())
				return
			}
			name := filepath.Base(path)
			parsed.sources = append(parsed.sources, source{
				Path: path, Folder: filepath.ToSlash(filepath.Dir(path)), Text: string(text), File: file, Fset: fset,
				Test:      strings.HasSuffix(name, "_test.go"),
				Generated: strings.HasPrefix(name, "z_") || strings.HasSuffix(name, "_gen.go"),
			})
		})
	})
	for _, failure := range parsed.failed {
		t.Error(failure)
	}
	return parsed.sources
}
