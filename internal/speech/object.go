package speech

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// askTime is how long an engine may take to answer.
const askTime = time.Second

// A State is what an Object does.
type State uint8

// The states of an Object.
const (
	Idle      State = iota // listens to nothing
	Listening              // takes sound
	Thinking               // has enough, and no results yet
	Done                   // has results
)

// An Object is what a leg, or a program of AGI, has an engine by.
type Object struct {
	engine   string
	format   *media.Format
	listener Listener

	mu      sync.Mutex // a leaf: of what follows
	state   State
	spoke   bool
	results []Result
	notify  func(State, bool)
	sound   string // that plays while the engine thinks
}

// Open has an engine listen to a leg whose voice comes in a format, nil for one that is not known.
func Open(ctx context.Context, e Engine, native *media.Format) (*Object, error) {
	formats := e.Formats()
	if len(formats) == 0 {
		return nil, fmt.Errorf("the engine %s takes no sound", e.Name())
	}
	o := &Object{engine: e.Name(), format: formats[0]}
	for _, f := range formats {
		if f == native {
			o.format = f
		}
	}
	var err error
	o.listener, err = e.Listen(ctx, o.format, o)
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Listener is the engine's half, for grammars and settings.
func (o *Object) Listener() Listener { return o.listener }

// Format is what Write takes.
func (o *Object) Format() *media.Format { return o.format }

// Start begins a new answer: what was heard before is forgotten.
func (o *Object) Start() error {
	o.mu.Lock()
	o.state, o.spoke, o.results = Listening, false, nil
	o.mu.Unlock()
	if err := o.listener.Start(); err != nil {
		o.mu.Lock()
		o.state = Idle
		o.mu.Unlock()
		return err
	}
	return nil
}

// Write gives the engine sound, if it listens.
func (o *Object) Write(f media.Frame) {
	if o.State() == Listening && f.Kind == media.Voice && f.Format == o.format {
		o.listener.Write(f)
	}
}

// State is what the object does now.
func (o *Object) State() State {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.state
}

// Spoke reports whether somebody has spoken since Start.
func (o *Object) Spoke() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.spoke
}

// Notify has f called when the state, or whether somebody spoke, changes, and once now; nil ends that. f does not wait.
func (o *Object) Notify(f func(State, bool)) {
	o.mu.Lock()
	o.notify = f
	state, spoke := o.state, o.spoke
	o.mu.Unlock()
	if f != nil {
		f(state, spoke)
	}
}

// change changes something while the engine listens or thinks, and tells of it.
func (o *Object) change(f func()) {
	o.mu.Lock()
	if o.state != Listening && o.state != Thinking {
		o.mu.Unlock()
		return // an answer to what nobody asks any more
	}
	f()
	notify, state, spoke := o.notify, o.state, o.spoke
	o.mu.Unlock()
	if notify != nil {
		notify(state, spoke)
	}
}

// Speaks implements Told.
func (o *Object) Speaks() { o.change(func() { o.spoke = true }) }

// Thinks implements Told.
func (o *Object) Thinks() { o.change(func() { o.state = Thinking }) }

// Heard implements Told.
func (o *Object) Heard(results []Result) {
	o.change(func() { o.state, o.results = Done, results })
}

// Stop ends listening. What was heard stays.
func (o *Object) Stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state != Done {
		o.state = Idle
	}
}

// Take puts results in the place of what the engine has heard.
func (o *Object) Take(results []Result) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.state, o.results = Done, results
}

// Ask has the engine say what it has heard so far.
func (o *Object) Ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	results, err := o.listener.Results(ctx)
	if err == nil {
		o.Take(results)
	}
	return err
}

// Results are what was heard, best first.
func (o *Object) Results() []Result {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.results
}

// Result is the n-th text of a reading.
func (o *Object) Result(best, n int) (Result, bool) {
	for _, r := range o.Results() {
		if r.Best != best {
			continue
		}
		if n == 0 {
			return r, true
		}
		n--
	}
	return Result{}, false
}

// SetSound sets what plays while the engine thinks; Sound tells.
func (o *Object) SetSound(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sound = name
}

// Sound is what plays while the engine thinks.
func (o *Object) Sound() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sound
}

// Set changes a setting of the engine, Get reads one.
func (o *Object) Set(name, value string) error { return o.listener.Set(name, value) }

// Get reads a setting of the engine.
func (o *Object) Get(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return o.listener.Get(ctx, name)
}

// Close ends it. It may be called again.
func (o *Object) Close() {
	o.mu.Lock()
	o.state, o.notify = Idle, nil
	o.mu.Unlock()
	o.listener.Close()
}
