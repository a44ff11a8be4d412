package conference

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A tape is the recording of a room that goes on: a leg of the exchange's own that hears the mix.
type tape struct {
	c    *channel.Channel
	stop func()
	file string
}

// taped is the recording before.
type taped struct{ file, wanted string }

var (
	errRecording    = errors.New("the conference is recorded already")
	errNotRecording = errors.New("the conference is not recorded")
	errNoRecorder   = errors.New("nobody records")
)

// record begins to record to a file; "" is that of the profile.
func (r *room) record(file string) error {
	h := r.house
	if h.Recorder == nil {
		return errNoRecorder
	}
	r.mu.Lock()
	if r.tape != nil {
		r.mu.Unlock()
		return errRecording
	}
	t := &tape{}
	r.tape = t
	last := r.last
	r.mu.Unlock()
	err := r.begin(t, file, last)
	r.mu.Lock()
	if err != nil {
		r.tape = nil
	} else {
		r.last = &taped{t.file, file}
	}
	r.mu.Unlock()
	return err
}

func (r *room) begin(t *tape, wanted string, last *taped) (err error) {
	h, p := r.house, r.profile
	t.file = r.recordFile(wanted, last)
	leg := &half{}
	t.c, err = h.Channels.New(channel.Config{Name: fmt.Sprintf("CBRec/%s-%08x", r.name, h.recorders.Add(1)-1), Technology: "CBRec", Leg: leg,
		State: event.Up, Internal: true, Standing: true, Context: "default", Exten: "s"})
	if err != nil {
		return err
	}
	options := p.recordOptions
	if p.recordAppend && last != nil && last.file == t.file {
		options += "a"
	}
	if t.stop, err = h.Recorder.Record(t.c, t.file, options, p.recordCommand); err != nil {
		t.c.End()
		return err
	}
	v := &bridge.Voice{}
	v.Muted.Store(true)
	if err = r.host(t.c, v); err != nil {
		t.stop()
		return err
	}
	r.test("CONF_START_RECORD", "app_confbridge.c", "conf_start_record", event.Variable{Name: "Message", Value: "started conference recording channel"},
		event.Variable{Name: "Conference", Value: p.name})
	r.tell("ConfbridgeRecord", nil)
	return nil
}

// recordFile is the file of a recording: what was asked for, or what the profile says, with the time
// in its name if it is to have that.
func (r *room) recordFile(wanted string, last *taped) string {
	p := r.profile
	name := wanted
	if name == "" {
		name = p.recordFile
	}
	switch {
	case name == "":
		name = fmt.Sprintf("confbridge-%s-%d.wav", r.name, time.Now().Unix())
	case p.recordAppend && last != nil && last.wanted == wanted: // it goes on
		return last.file
	case p.recordTimestamp && wanted == "":
		extension := filepath.Ext(name)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, extension), time.Now().Unix(), extension)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(r.house.Spool, "monitor", name)
	}
	return name
}

// stopRecord ends the recording.
func (r *room) stopRecord() error {
	r.mu.Lock()
	t := r.tape
	if t == nil || t.stop == nil {
		r.mu.Unlock()
		return errNotRecording
	}
	r.tape = nil
	r.mu.Unlock()
	r.test("CONF_STOP_RECORD", "app_confbridge.c", "conf_stop_record", event.Variable{Name: "Message", Value: "stopped conference recording channel"},
		event.Variable{Name: "Conference", Value: r.profile.name})
	r.tell("ConfbridgeStopRecord", nil)
	t.stop()
	t.c.Hangup(channel.CauseNormalClearing)
	return nil
}
