package rest

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

var playbackRoutes = []route{
	{"GET", "/playbacks/{playbackId}", getPlayback},
	{"DELETE", "/playbacks/{playbackId}", stopPlayback},
	{"POST", "/playbacks/{playbackId}/control", controlPlayback},
}

var recordingRoutes = []route{
	{"GET", "/recordings/stored", listStored},
	{"GET", "/recordings/stored/{recordingName}", getStored},
	{"DELETE", "/recordings/stored/{recordingName}", deleteStored},
	{"GET", "/recordings/stored/{recordingName}/file", getStoredFile},
	{"POST", "/recordings/stored/{recordingName}/copy", copyStored},
	{"GET", "/recordings/live/{recordingName}", getLive},
	{"DELETE", "/recordings/live/{recordingName}", stopLive(true)},
	{"POST", "/recordings/live/{recordingName}/stop", stopLive(false)},
	{"POST", "/recordings/live/{recordingName}/pause", changeLive((*stasis.Recording).Pause, true)},
	{"DELETE", "/recordings/live/{recordingName}/pause", changeLive((*stasis.Recording).Pause, false)},
	{"POST", "/recordings/live/{recordingName}/mute", changeLive((*stasis.Recording).Mute, true)},
	{"DELETE", "/recordings/live/{recordingName}/mute", changeLive((*stasis.Recording).Mute, false)},
}

// created is an answer about what has a place of its own.
func created(location string, body []byte) answer {
	return answer{status: http.StatusCreated, body: body, location: location}
}

func playOnChannel(_ *Server, r *request) answer {
	l, wrong := r.called()
	if wrong != nil {
		return *wrong
	}
	p, wrong := r.playback(l.Snapshot().Language)
	if wrong != nil {
		return *wrong
	}
	return played(p, l.Play(p))
}

// playback reads what is to be played.
func (r *request) playback(language string) (*stasis.Playback, *answer) {
	list := r.list("media")
	skip := r.number("skipms", 3000)
	offset := r.number("offsetms", 0)
	var wrong answer
	switch {
	case len(list) == 0:
		wrong = refusal(http.StatusInternalServerError, "Failed to queue media for playback")
	case skip < 0:
		wrong = refusal(http.StatusBadRequest, "skipms cannot be negative")
	case offset < 0:
		wrong = refusal(http.StatusBadRequest, "offsetms cannot be negative")
	}
	if wrong.status != 0 {
		return nil, &wrong
	}
	p := &stasis.Playback{ID: r.path["playbackId"], Media: list, Language: r.text("lang"), Offset: int64(offset), Skip: int64(skip)}
	if p.ID == "" {
		p.ID = r.text("playbackId")
	}
	if p.ID == "" {
		p.ID = bridge.NewID()
	}
	if p.Language == "" {
		p.Language = language
	}
	return p, nil
}

// played is the answer to a playback that was queued, or not.
func played(p *stasis.Playback, err error) answer {
	switch {
	case errors.Is(err, stasis.ErrExists):
		return refusal(http.StatusConflict, "Playback with given ID already exists")
	case err != nil:
		return ordered(err)
	}
	return created("/playbacks/"+p.ID, p.AsQueued())
}

var noPlayback = refusal(http.StatusNotFound, "Playback not found")

func getPlayback(s *Server, r *request) answer {
	p := s.Hub.Playback(r.path["playbackId"])
	if p == nil {
		return noPlayback
	}
	return said(p.Append(nil))
}

func stopPlayback(s *Server, r *request) answer {
	p := s.Hub.Playback(r.path["playbackId"])
	if p == nil {
		return noPlayback
	}
	p.Stop()
	return nothing
}

func controlPlayback(s *Server, r *request) answer {
	operation, given := r.given("operation")
	p := s.Hub.Playback(r.path["playbackId"])
	switch {
	case !given:
		return refusal(http.StatusBadRequest, "Missing operation")
	case !slices.Contains([]string{"restart", "pause", "unpause", "reverse", "forward"}, operation):
		return refusal(http.StatusBadRequest, "Invalid operation "+operation)
	case p == nil:
		return noPlayback
	}
	if err := p.Control(operation); err != nil {
		return refusal(http.StatusConflict, "Can only "+operation+" while media is playing")
	}
	return nothing
}

// ends are the keys that end a recording, by the words for them.
var ends = map[string]string{"": "", "none": "", "any": "0123456789ABCD*#", "*": "*", "#": "#"}

func recordChannel(_ *Server, r *request) answer {
	for _, one := range []struct{ name, text string }{{"maxDurationSeconds", "max_duration_seconds"}, {"maxSilenceSeconds", "max_silence_seconds"}} {
		if r.number(one.name, 0) < 0 {
			return problem(http.StatusBadRequest, "%s cannot be negative", one.text)
		}
	}
	l, wrong := r.leg()
	if wrong != nil {
		return *wrong
	}
	rec, fresh, wrong := r.recording()
	if wrong != nil {
		return *wrong
	}
	return recorded(rec, l.Record(rec, fresh))
}

// recording reads what is to be recorded; fresh says that there may be none of the name.
func (r *request) recording() (rec *stasis.Recording, fresh bool, wrong *answer) {
	keys, known := ends[r.text("terminateOn")]
	limit, silence := r.number("maxDurationSeconds", 0), r.number("maxSilenceSeconds", 0)
	exists := r.text("ifExists")
	var bad answer
	switch {
	case !known:
		bad = refusal(http.StatusBadRequest, "terminateOn invalid")
	case !slices.Contains([]string{"", "fail", "overwrite", "append"}, exists):
		bad = refusal(http.StatusBadRequest, "ifExists invalid")
	}
	if bad.status != 0 {
		return nil, false, &bad
	}
	return &stasis.Recording{Name: r.text("name"), Format: r.text("format"), Keys: keys, Limit: time.Duration(limit) * time.Second,
		Silence: time.Duration(silence) * time.Second, Append: exists == "append", Beep: r.truth("beep")}, exists == "" || exists == "fail", nil
}

// recorded is the answer to a recording that was queued, or not.
func recorded(rec *stasis.Recording, err error) answer {
	switch {
	case errors.Is(err, stasis.ErrFormat):
		return noFileFormat
	case errors.Is(err, stasis.ErrName):
		return refusal(http.StatusBadRequest, "Invalid recording name")
	case errors.Is(err, stasis.ErrExists):
		return refusal(http.StatusConflict, "Recording '"+rec.Name+"' already exists and can not be overwritten")
	case err != nil:
		return ordered(err)
	}
	return created("/recordings/live/"+rec.Name, rec.AsQueued())
}

var (
	noRecording  = refusal(http.StatusNotFound, "Recording not found")
	noFileFormat = refusal(http.StatusUnprocessableEntity, "specified format is unknown on this system")
)

func listStored(s *Server, _ *request) answer {
	all, err := s.Hub.Stored()
	if err != nil {
		s.Logger.Warn("the recordings can't be listed", "error", err)
		return internal
	}
	var list [][]byte
	for _, one := range all {
		list = append(list, one.Append(nil))
	}
	return said(joined("[", "]", list...))
}

func (r *request) stored() (stasis.Stored, bool) {
	return r.server.Hub.FindStored(r.path["recordingName"])
}

func getStored(_ *Server, r *request) answer {
	one, ok := r.stored()
	if !ok {
		return noRecording
	}
	return said(one.Append(nil))
}

func deleteStored(_ *Server, r *request) answer {
	one, ok := r.stored()
	switch {
	case !ok:
		return noRecording
	case one.Remove() != nil:
		return refusal(http.StatusInternalServerError, "Delete failed")
	}
	return nothing
}

func getStoredFile(_ *Server, r *request) answer {
	one, ok := r.stored()
	if !ok {
		return noRecording
	}
	b, err := one.Read()
	if err != nil {
		return refusal(http.StatusForbidden, "Recording file could not be opened")
	}
	return answer{status: http.StatusOK, body: b, kind: "audio/" + one.Format}
}

func copyStored(s *Server, r *request) answer {
	one, ok := r.stored()
	if !ok {
		return noRecording
	}
	to, err := s.Hub.CopyStored(one, r.text("destinationRecordingName"))
	switch {
	case errors.Is(err, stasis.ErrName):
		return refusal(http.StatusBadRequest, "Invalid destination recording name")
	case errors.Is(err, stasis.ErrExists):
		return refusal(http.StatusConflict, "A recording with the same name already exists on the system")
	case err != nil:
		return refusal(http.StatusInternalServerError, "Copy failed")
	}
	return said(to.Append(nil))
}

func getLive(s *Server, r *request) answer {
	one := s.Hub.Recording(r.path["recordingName"])
	if one == nil {
		return noRecording
	}
	return said(one.AppendTo(nil))
}

func stopLive(discard bool) operation {
	return func(s *Server, r *request) answer {
		one := s.Hub.Recording(r.path["recordingName"])
		if one == nil {
			return noRecording
		}
		one.Stop(discard)
		return nothing
	}
}

func changeLive(change func(*stasis.Recording, bool) error, on bool) operation {
	return func(s *Server, r *request) answer {
		one := s.Hub.Recording(r.path["recordingName"])
		switch {
		case one == nil:
			return noRecording
		case change(one, on) != nil:
			return refusal(http.StatusConflict, "Recording not in session")
		}
		return nothing
	}
}
