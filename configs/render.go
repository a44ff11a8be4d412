package configs

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"text/template"
)

//go:embed default/*.conf
var files embed.FS

// Secrets are what the templates are filled with.
type Secrets struct {
	Phones  map[string]string // passwords by account
	Manager string
}

// Render returns the files of the default configuration by name.
func Render(s Secrets) (map[string][]byte, error) {
	entries, err := fs.ReadDir(files, "default")
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("default", e.Name()))
		if err != nil {
			return nil, err
		}
		t, err := template.New(e.Name()).Delims("<<", ">>").Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", e.Name(), err)
		}
		var b bytes.Buffer
		if err := t.Execute(&b, s); err != nil {
			return nil, fmt.Errorf("template %s: %w", e.Name(), err)
		}
		out[e.Name()] = b.Bytes()
	}
	return out, nil
}
