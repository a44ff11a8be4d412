package speech

import (
	"context"
	"errors"

	"github.com/octothorpe/octothorpe/internal/media"
)

// An Engine makes listeners.
type Engine interface {
	// Name is what SpeechCreate names.
	Name() string
	// Formats are what it takes, best first.
	Formats() []*media.Format
	// Listen begins to listen to one leg, whose voice will come in a format of Formats. What is heard is told.
	Listen(ctx context.Context, format *media.Format, told Told) (Listener, error)
}

// Told takes what an engine has heard. Its methods may be called from any goroutine, and do not wait.
type Told interface {
	// Speaks says that somebody has begun to speak: what plays stops.
	Speaks()
	// Thinks says that there is enough to work on, and that it takes a while.
	Thinks()
	// Heard gives the texts, best first. None is an answer, too.
	Heard(results []Result)
}

// A Listener listens to one leg. Sound comes from one goroutine, the rest from another at most.
type Listener interface {
	// Load, Unload, Activate and Deactivate are about grammars.
	Load(grammar, path string) error
	Unload(grammar string) error
	Activate(grammar string) error
	Deactivate(grammar string) error
	// Set changes a setting, Get reads one.
	Set(name, value string) error
	Get(ctx context.Context, name string) (string, error)
	// Start says that what comes from now on is a new answer.
	Start() error
	// Write gives it sound. It does not wait.
	Write(f media.Frame)
	// Results asks for what there is so far.
	Results(ctx context.Context) ([]Result, error)
	// Close ends it.
	Close()
}

// A Result is a text that may have been said.
type Result struct {
	Text    string
	Score   int // how sure that is; 1000 for keys
	Grammar string
	// Best tells which of several readings of the whole it belongs to, 0 for the first.
	Best int
}

// ErrNoEngine is the error of an engine that there is not.
var ErrNoEngine = errors.New("there is no such speech engine")

// errUnsupported is the error of what an engine can't do.
var errUnsupported = errors.New("the engine has no grammars")
