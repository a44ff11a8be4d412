package exchange

import (
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/prompts"
)

// Sounds implements rest.Exchange: what lies in the folders of languages, and what is
// embedded in the program and has no file there.
func (o *outlook) Sounds() []rest.Sound {
	all := map[string][]rest.SoundFormat{}
	add := func(id, language, format string) {
		one := rest.SoundFormat{Language: language, Format: format}
		if !slices.Contains(all[id], one) {
			all[id] = append(all[id], one)
		}
	}
	root := filepath.Join(o.dirs.Data, "sounds")
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { // what can't be read is left out
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // see above
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		language, name, ok := strings.Cut(filepath.ToSlash(rel), "/")
		extension := strings.TrimPrefix(filepath.Ext(name), ".")
		if f, known := media.FileFormat(extension); ok && known {
			add(strings.TrimSuffix(name, "."+extension), language, f.Name)
		}
		return nil
	})
	for _, language := range prompts.Languages() {
		for _, name := range prompts.Names(language) {
			add(name, language, media.ULaw.Name)
		}
	}
	var list []rest.Sound
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, rest.Sound{ID: id, Formats: all[id]})
	}
	return list
}
