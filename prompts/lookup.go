package prompts

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed prompts.zip
var pack []byte

// Rate is the sample rate of all prompts in Hz.
const Rate = 8000

// index is the pack's directory, read once.
var index = sync.OnceValue(func() map[string]*zip.File {
	files := map[string]*zip.File{}
	r, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		return files // a test holds that the pack is whole
	}
	for _, f := range r.File {
		files[f.Name] = f
	}
	return files
})

// Lookup returns a prompt as µ-law samples (ITU-T G.711) at 8 kHz. Sounds that
// are no words ("beep", "silence/3", "music-on-hold") are the same in every one of Languages.
// All who ask for a prompt share it: nobody changes it.
func Lookup(language, name string) (ulaw []byte, ok bool) {
	if !slices.Contains(Languages(), language) {
		return nil, false
	}
	f := index()[language+"/"+name]
	if f == nil {
		f = index()["any/"+name]
	}
	if f == nil {
		return nil, false
	}
	ulaw, err := unpacked.get(f)
	return ulaw, err == nil
}

// Languages returns the languages of the prompts.
func Languages() []string { return []string{"en", "es"} }

// Names returns the names of a language's prompts, sorted.
func Names(language string) []string {
	var list []string
	for name := range index() {
		of, rest, _ := strings.Cut(name, "/")
		if of == language || of == "any" {
			list = append(list, rest)
		}
	}
	sort.Strings(list)
	return list
}
