package sounds

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Options says where a Library looks.
type Options struct {
	// Directory is the folder of prompts: astdatadir/sounds.
	Directory string
	// Data is astdatadir, to which folders of music are relative.
	Data string
	// Suffix names a language after the prompt's folder, digits/es/1, as
	// languageprefix=no of asterisk.conf wants it.
	Suffix bool
	// Custom is sounds_search_custom_dir of asterisk.conf: Directory/custom is
	// searched before the folders of any language.
	Custom bool
	// Remote returns the path of a file with the sound of a web server, which it may have to
	// fetch first. nil knows none.
	Remote func(ctx context.Context, uri string) (path string, err error)
	// Embedded returns a prompt of the program's own as µ-law at 8 kHz; nil for none.
	Embedded func(language, name string) (ulaw []byte, ok bool)
	Logger   *slog.Logger
}

// A Library finds sounds.
type Library struct {
	options Options
	editing sync.Mutex // held while the zones change
	zones   atomic.Pointer[zones]
	music   atomic.Pointer[classes]
}

// New returns a library with the tones that are built in and the music that is embedded.
func New(o Options) *Library {
	if o.Embedded == nil {
		o.Embedded = func(string, string) ([]byte, bool) { return nil, false }
	}
	l := &Library{options: o}
	l.zones.Store(builtinZones())
	l.music.Store(&classes{})
	return l
}

// DefaultLanguage is that of a prompt for which nothing else is found.
const DefaultLanguage = "en"

// A Stream is the source of a prompt. It can be moved in, in samples.
type Stream interface {
	channel.Source
	Format() *media.Format
	SeekTo(samples int64) error
	Position() int64
	Length() int64
	Close() error
}

// Open returns the prompt of a name in a language, in the format that costs
// least to bring to what the leg sends; c may be nil. The result is a Stream.
// The error wraps fs.ErrNotExist where there is none.
func (l *Library) Open(name, language string, c *channel.Channel) (channel.Source, error) {
	var wanted []*media.Format
	if c != nil {
		if f := c.Leg().WriteFormat(); f != nil {
			wanted = []*media.Format{f}
		}
		if l.remote(name) {
			return l.openRemote(c.Context(), name, wanted)
		}
	}
	return l.OpenFor(name, language, wanted...)
}

// remote reports whether a sound is one of a web server.
func (l *Library) remote(name string) bool {
	return l.options.Remote != nil && (strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://"))
}

func (l *Library) openRemote(ctx context.Context, uri string, wanted []*media.Format) (Stream, error) {
	path, err := l.options.Remote(ctx, uri)
	if err != nil {
		return nil, err
	}
	return openFile(path, wanted)
}

// OpenFor is Open for formats of which one is wanted.
func (l *Library) OpenFor(name, language string, wanted ...*media.Format) (Stream, error) {
	if l.remote(name) {
		return l.openRemote(context.Background(), name, wanted)
	}
	if filepath.IsAbs(name) {
		return openFile(name, wanted)
	}
	clean, err := relative(name)
	if err != nil {
		return nil, err
	}
	if own, ok := l.custom(clean); ok {
		return openFile(own, wanted)
	}
	for _, language := range fallbacks(language) {
		for _, path := range l.places(clean, language) {
			if found(path) {
				return openFile(path, wanted)
			}
		}
		if data, ok := l.embedded(language, clean); ok {
			return &memory{data: data}, nil
		}
	}
	return nil, fmt.Errorf("no sound %q in language %q: %w", name, language, fs.ErrNotExist)
}

// Exists tells whether there is such a prompt.
func (l *Library) Exists(name, language string) bool {
	if l.remote(name) {
		_, err := l.options.Remote(context.Background(), name)
		return err == nil
	}
	if filepath.IsAbs(name) {
		return found(name)
	}
	clean, err := relative(name)
	if err != nil {
		return false
	}
	if _, ok := l.custom(clean); ok {
		return true
	}
	for _, language := range fallbacks(language) {
		for _, path := range l.places(clean, language) {
			if found(path) {
				return true
			}
		}
		if _, ok := l.embedded(language, clean); ok {
			return true
		}
	}
	return false
}

// embedded returns a prompt of the program's own. It is found where a folder of
// sounds would have it: without a language the name may begin with that of its folder, es/digits/1.
func (l *Library) embedded(language, name string) ([]byte, bool) {
	if language == "" {
		language, name, _ = strings.Cut(name, "/")
	}
	return l.options.Embedded(language, name)
}

// relative keeps a name inside the folder of prompts.
func relative(name string) (string, error) {
	if name == "" || strings.Contains(name, "..") || strings.ContainsRune(name, 0) {
		return "", fmt.Errorf("no sound %q: %w", name, fs.ErrNotExist)
	}
	return name, nil
}

// fallbacks are the languages in which a prompt is looked for: en_GB, en, then
// none at all, then the default.
func fallbacks(language string) []string {
	var list []string
	for at := language; at != ""; {
		list = append(list, at)
		i := strings.LastIndexByte(at, '_')
		if i < 0 {
			break
		}
		at = at[:i]
	}
	list = append(list, "")
	if len(list) == 1 || list[len(list)-2] != DefaultLanguage {
		list = append(list, DefaultLanguage)
	}
	return list
}

// custom returns the path of a prompt in the folder that comes before all languages.
func (l *Library) custom(name string) (path string, ok bool) {
	if !l.options.Custom || l.options.Directory == "" {
		return "", false
	}
	path = filepath.Join(l.options.Directory, "custom", name)
	return path, found(path)
}

// places are the paths, without extension, that a prompt of one language may have.
func (l *Library) places(name, language string) []string {
	if l.options.Directory == "" {
		return nil
	}
	root := l.options.Directory
	if language == "" {
		return []string{filepath.Join(root, name)}
	}
	before := filepath.Join(root, language, name)
	after := filepath.Join(root, filepath.Dir(name), language, filepath.Base(name))
	if l.options.Suffix {
		return []string{after, before}
	}
	return []string{before, after}
}

// found tells whether a prompt exists at a path without extension, or with one.
func found(path string) bool {
	directory, base := filepath.Split(path)
	if directory == "" {
		return false
	}
	if info, err := os.Stat(directory); err != nil || !info.IsDir() {
		return false
	}
	if len(media.Exists(os.DirFS(directory), base)) > 0 {
		return true
	}
	if _, ok := media.FileFormat(strings.TrimPrefix(filepath.Ext(base), ".")); !ok {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func openFile(path string, wanted []*media.Format) (Stream, error) {
	directory, base := filepath.Split(filepath.Clean(path))
	r, err := media.OpenRead(os.DirFS(directory), base, wanted...)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return r, nil
}

// For returns what a leg hears for a signal that its technology can't tell: it
// is what package channel asks.
func (l *Library) For(c *channel.Channel, f media.Frame) channel.Source {
	var src channel.Source
	var err error
	switch {
	case f.Kind == media.DTMFEnd:
		src, err = keyTone(f.Digit, f.Duration)
	case f.Kind != media.Control:
	case f.Signal == media.Hold:
		class, _ := f.Value.(string)
		src, err = l.Music(class, c)
	case f.Signal == media.Ringing:
		src, err = l.Tone("ring", c)
	case f.Signal == media.Busy:
		src, err = l.Tone("busy", c)
	case f.Signal == media.Congestion:
		src, err = l.Tone("congestion", c)
	}
	if err != nil {
		l.options.Logger.Warn("a leg hears nothing for a signal", "channel", c.Name(), "signal", f.Signal.String(), "error", err)
		return nil
	}
	return src
}

// keyTone is the tone of a key, at least as long as a receiver needs.
func keyTone(digit byte, length time.Duration) (channel.Source, error) {
	if length < 40*time.Millisecond {
		length = 100 * time.Millisecond
	}
	t, err := media.DTMFTone(digit, length, 0)
	if err != nil {
		return nil, err
	}
	return t.Play(), nil
}
