package rest

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

var bridgeRoutes = []route{
	{"GET", "/bridges", listBridges},
	{"POST", "/bridges", createBridge},
	{"GET", "/bridges/{bridgeId}", getBridge},
	{"POST", "/bridges/{bridgeId}", createBridge},
	{"DELETE", "/bridges/{bridgeId}", destroyBridge},
	{"GET", "/bridges/{bridgeId}/variable", getBridgeVariable},
	{"POST", "/bridges/{bridgeId}/variable", setBridgeVariable},
	{"GET", "/bridges/{bridgeId}/variables", getBridgeVariables},
	{"POST", "/bridges/{bridgeId}/variables", setBridgeVariables},
	{"POST", "/bridges/{bridgeId}/addChannel", addChannel},
	{"POST", "/bridges/{bridgeId}/removeChannel", removeChannel},
	{"POST", "/bridges/{bridgeId}/videoSource/{channelId}", setVideoSource},
	{"DELETE", "/bridges/{bridgeId}/videoSource", clearVideoSource},
	{"POST", "/bridges/{bridgeId}/moh", bridgeMusic},
	{"DELETE", "/bridges/{bridgeId}/moh", bridgeNoMusic},
	{"POST", "/bridges/{bridgeId}/play", playOnBridge},
	{"POST", "/bridges/{bridgeId}/play/{playbackId}", playOnBridge},
	{"POST", "/bridges/{bridgeId}/record", recordBridge},
}

var (
	noBridge      = refusal(http.StatusNotFound, "Bridge not found")
	notOursBridge = refusal(http.StatusConflict, "Bridge not in Stasis application")
)

// bridge returns the bridge of a request, or nil.
func (r *request) bridge() *bridge.Bridge { return r.server.Hub.House.Bridges.Find(r.path["bridgeId"]) }

// own returns the bridge of a request if a client made it, or what to answer.
func (r *request) own() (*bridge.Bridge, *answer) {
	b := r.bridge()
	switch {
	case b == nil:
		return nil, &noBridge
	case b.Options().Type != "stasis":
		return nil, &notOursBridge
	}
	return b, nil
}

func listBridges(s *Server, _ *request) answer {
	var list [][]byte
	for _, b := range s.Hub.House.Bridges.All() {
		list = append(list, stasis.AppendBridge(nil, b.Snapshot()))
	}
	return said(joined("[", "]", list...))
}

func getBridge(_ *Server, r *request) answer {
	b := r.bridge()
	if b == nil {
		return noBridge
	}
	return said(stasis.AppendBridge(nil, b.Snapshot()))
}

// creating keeps two bridges from getting one ID.
var creating sync.Mutex

func createBridge(s *Server, r *request) answer {
	id := r.path["bridgeId"]
	if id == "" {
		id = r.text("bridgeId")
	}
	o := bridge.Options{ID: id, Name: r.text("name"), Type: "stasis", Creator: "Stasis", Keep: true}
	creating.Lock()
	defer creating.Unlock()
	if id != "" && s.Hub.House.Bridges.Find(id) != nil {
		return refusal(http.StatusConflict, "Bridge with id '"+id+"' already exists")
	}
	if !ofTypes(&o, r.text("type")) {
		return r.noSuchBridge(id)
	}
	variables, wrong := r.ofNewBridge()
	if wrong != nil {
		return *wrong
	}
	b, err := s.Hub.House.Bridges.Create(o)
	if err != nil {
		s.Logger.Warn("a bridge was not made", "error", err)
		return internal
	}
	s.setInBridge(b, variables)
	if by := r.socket(); by != nil {
		s.Hub.FollowMadeBridge(b.ID(), by)
	}
	return said(stasis.AppendBridge(nil, b.Snapshot()))
}

// ofNewBridge are the variables that a new bridge is to have. Where the path does not name it they may be the body as a whole.
func (r *request) ofNewBridge() ([]pair, *answer) {
	if _, apart := r.body["variables"].(map[string]any); apart || r.path["bridgeId"] != "" {
		return r.pairs(false)
	}
	return pairsOf(r.body, keysOf(r.raw))
}

// noSuchBridge is the answer where the types of a bridge say nothing that can be.
func (r *request) noSuchBridge(id string) answer {
	text := "Unable to create bridge"
	if r.path["bridgeId"] == "" {
		text += ". Possible duplicate bridge id '" + cmp.Or(id, "(null)") + "'"
	}
	return refusal(http.StatusInternalServerError, text)
}

// ofTypes makes the bridge what its types say. It reports false where there is no such bridge.
func ofTypes(o *bridge.Options, types string) bool {
	o.Video = "talker"
	if types == "" {
		return true
	}
	mixing := false
	for kind := range strings.SplitSeq(types, ",") {
		switch strings.TrimSpace(kind) {
		case "mixing":
			mixing = true
		case "holding":
			o.Holding = true
		case "video_sfu":
			o.Video = "sfu"
		case "video_single":
			o.Video = "single"
		case "dtmf_events", "proxy_media", "sdp_label":
		default:
			return false
		}
	}
	if o.Video == "sfu" { // whatever else it was to be
		o.Holding = false
		return true
	}
	return mixing != o.Holding
}

func destroyBridge(s *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	if err := s.Hub.Destroy(r.Context(), b); err != nil {
		return problem(http.StatusInternalServerError, "The bridge is not over yet: %v", err)
	}
	return nothing
}

// legs are the legs that a request names.
func (r *request) legs() ([]*stasis.Leg, *answer) {
	ids := r.list("channel")
	if len(ids) == 0 {
		wrong := refusal(http.StatusBadRequest, "Missing parameter channel")
		return nil, &wrong
	}
	var list []*stasis.Leg
	for _, id := range ids {
		c := r.server.Hub.House.Channels.Find(id)
		if c == nil {
			wrong := refusal(http.StatusBadRequest, "Channel not found")
			return nil, &wrong
		}
		l := r.server.Hub.Leg(c.UniqueID())
		if l == nil {
			wrong := refusal(http.StatusUnprocessableEntity, "Channel not in Stasis application")
			return nil, &wrong
		}
		list = append(list, l)
	}
	return list, nil
}

func addChannel(_ *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	list, wrong := r.legs()
	if wrong != nil {
		return *wrong
	}
	o := bridge.JoinOptions{Mute: r.truth("mute"), Quiet: r.text("role") == "announcer", KeepKeys: r.truth("absorbDTMF"),
		Introduce: !r.truth("inhibitConnectedLineUpdates")}
	for _, l := range list {
		if l.Recording() {
			return problem(http.StatusConflict, "Channel %s currently recording", l.Channel.UniqueID())
		}
	}
	for _, l := range list {
		if err := l.Join(r.Context(), b, o); err != nil {
			return problem(http.StatusConflict, "Channel can't be added to the bridge: %v", err)
		}
	}
	return nothing
}

func removeChannel(_ *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	list, wrong := r.legs()
	if wrong != nil {
		return *wrong
	}
	for _, l := range list {
		if l.Bridge() != b {
			return refusal(http.StatusUnprocessableEntity, "Channel not in this bridge")
		}
	}
	for _, l := range list {
		if err := l.Part(r.Context(), b); err != nil && !errors.Is(err, stasis.ErrNotInRoom) {
			return problem(http.StatusInternalServerError, "Channel can't be removed from the bridge: %v", err)
		}
	}
	return nothing
}

func getBridgeVariable(s *Server, r *request) answer {
	name := r.text("variable")
	b, wrong := r.own()
	switch {
	case name == "":
		return nameless
	case wrong != nil:
		return *wrong
	}
	value, ok := s.Hub.BridgeVariable(b.ID(), name)
	if !ok {
		return errNoVariable
	}
	return said(object("value", value))
}

func setBridgeVariable(s *Server, r *request) answer {
	name := r.text("variable")
	b, wrong := r.own()
	switch {
	case name == "":
		return nameless
	case wrong != nil:
		return *wrong
	}
	s.setInBridge(b, []pair{{name: name, value: r.text("value"), reported: r.truth("report_events")}})
	return nothing
}

// setInBridge sets variables of a bridge, and says which of them it shows.
func (s *Server) setInBridge(b *bridge.Bridge, list []pair) {
	for _, v := range list {
		s.Hub.SetBridgeVariable(b, strings.TrimSpace(v.name), v.value, v.reported)
	}
}

func getBridgeVariables(s *Server, r *request) answer {
	if !r.asksNames() {
		return noNames
	}
	b, wrong := r.own()
	if wrong != nil {
		return unknownBridge // also where it is none of an application
	}
	list, wrong := r.names()
	if wrong != nil {
		return *wrong
	}
	var pairs []string
	for _, name := range list {
		value, ok := s.Hub.BridgeVariable(b.ID(), name)
		if !ok {
			return errNoVariable
		}
		pairs = append(pairs, name, value)
	}
	return said(joined("{", "}", named("variables", object(pairs...))))
}

func setBridgeVariables(s *Server, r *request) answer {
	if !r.bodied {
		return noVariables
	}
	b, wrong := r.own()
	if wrong != nil {
		return unknownBridge // also where it is none of an application
	}
	list, wrong := r.pairs(true)
	if wrong != nil {
		return *wrong
	}
	s.setInBridge(b, list)
	return nothing
}

func setVideoSource(_ *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	c := r.channel()
	switch {
	case c == nil:
		return refusal(http.StatusBadRequest, "Channel not found")
	case r.server.Hub.Leg(c.UniqueID()) == nil:
		return refusal(http.StatusUnprocessableEntity, "Channel not in Stasis application")
	case c.BridgeID() != b.ID():
		return refusal(http.StatusUnprocessableEntity, "Channel not in this bridge")
	}
	b.SetVideo(c.UniqueID())
	return nothing
}

func clearVideoSource(_ *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	b.SetVideo("")
	return nothing
}

// bridgeMusic plays music to everybody in a bridge, while they hear each other.
func bridgeMusic(s *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	if err := s.Hub.PlayMusic(b, r.text("mohClass")); err != nil {
		return problem(http.StatusInternalServerError, "Music can't be played: %v", err)
	}
	return nothing
}

func bridgeNoMusic(s *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	over, was := s.Hub.StopMusic(b)
	if !was {
		return refusal(http.StatusConflict, "Bridge isn't playing music")
	}
	select {
	case <-over:
	case <-r.Context().Done():
	}
	return nothing
}

func playOnBridge(s *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	if wrong := r.known("announcer_format"); wrong != nil {
		return *wrong
	}
	p, wrong := r.playback("en")
	if wrong != nil {
		return internal // the reference does not say more here
	}
	return played(p, s.Hub.PlayIn(b, p))
}

func recordBridge(s *Server, r *request) answer {
	b, wrong := r.own()
	if wrong != nil {
		return *wrong
	}
	if _, ok := media.FileFormat(r.text("format")); !ok {
		return noFileFormat
	}
	if wrong := r.known("recorder_format"); wrong != nil {
		return *wrong
	}
	rec, fresh, wrong := r.recording()
	switch {
	case wrong != nil:
		return *wrong
	case rec.Limit < 0 || rec.Silence < 0:
		return refusal(http.StatusInternalServerError, "Error parsing request") // the reference does not say more here
	}
	return recorded(rec, s.Hub.RecordIn(b, rec, fresh))
}

// known refuses a format of media that there is not.
func (r *request) known(parameter string) *answer {
	if name := r.text(parameter); name != "" {
		if _, ok := media.FormatByName(name); !ok {
			wrong := problem(http.StatusUnprocessableEntity, "specified %s is unknown on this system", parameter)
			return &wrong
		}
	}
	return nil
}
