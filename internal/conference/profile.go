package conference

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A userProfile is a section of type user: what one of a conference may and hears.
// It is immutable once it is in force.
type userProfile struct {
	name string
	admin, sendEvents, echoEvents, marked, startMuted, musicWhenEmpty, quiet, hearOwnJoin,
	announceCount, announceOnly, waitMarked, endMarked, endMarkedAny, talkEvents, passthrough,
	announceJoinLeave, review, dropSilence, denoise, jitterBuffer, text, answer bool
	countAll      bool
	countAllAbove int
	pin           string
	music         string
	announcement  string
	silence       int // ms
	talking       int
	timeout       int // s
}

func newUserProfile(name string) *userProfile {
	return &userProfile{name: name, hearOwnJoin: true, announceOnly: true, text: true, answer: true,
		silence: 2500, talking: 160}
}

// flags are the options that are yes or no.
func (u *userProfile) flags() map[string]*bool {
	return map[string]*bool{
		"admin": &u.admin, "send_events": &u.sendEvents, "echo_events": &u.echoEvents, "marked": &u.marked,
		"startmuted": &u.startMuted, "music_on_hold_when_empty": &u.musicWhenEmpty, "quiet": &u.quiet,
		"hear_own_join_sound": &u.hearOwnJoin, "announce_user_count": &u.announceCount, "announce_only_user": &u.announceOnly,
		"wait_marked": &u.waitMarked, "end_marked": &u.endMarked, "end_marked_any": &u.endMarkedAny,
		"talk_detection_events": &u.talkEvents, "dtmf_passthrough": &u.passthrough, "announce_join_leave": &u.announceJoinLeave,
		"announce_join_leave_review": &u.review, "dsp_drop_silence": &u.dropSilence, "denoise": &u.denoise,
		"jitterbuffer": &u.jitterBuffer, "text_messaging": &u.text, "answer_channel": &u.answer,
	}
}

// truths are the options of profiles that are yes or no.
var truths = append(slices.Collect(maps.Keys((&userProfile{}).flags())), "record_conference", "record_file_append", "record_file_timestamp", "enable_events",
	"binaural_active")

// check tells of a PIN that nobody can dial.
func (u *userProfile) check(r *config.Reader, s *config.Section) {
	if e, ok := s.Entry("pin"); ok {
		if err := config.CheckKeys(u.pin, 0); err != nil {
			r.Report(config.Warning, e, "", "nobody gets in: the PIN %v", err)
		}
	}
}

// names are the options that there are.
func (u *userProfile) names() []string {
	return slices.Concat(slices.Collect(maps.Keys(u.flags())), []string{"type", "template", "announce_user_count_all", "pin", "music_on_hold_class", "announcement",
		"dsp_silence_threshold", "dsp_talking_threshold", "timeout"})
}

// set changes an option by its name in confbridge.conf.
func (u *userProfile) set(name, value string) error {
	name = strings.ToLower(name)
	if flag, ok := u.flags()[name]; ok {
		*flag = config.True(value)
		return nil
	}
	switch name {
	case "type":
	case "announce_user_count_all":
		if n, err := strconv.Atoi(value); err == nil && n >= 0 && value != "1" {
			u.countAll, u.countAllAbove = n > 0, n
		} else {
			u.countAll, u.countAllAbove = config.True(value), 0
		}
	case "pin":
		u.pin = value
	case "music_on_hold_class":
		u.music = value
	case "announcement":
		u.announcement = value
	case "dsp_silence_threshold":
		return number(&u.silence, value)
	case "dsp_talking_threshold":
		return number(&u.talking, value)
	case "timeout":
		return number(&u.timeout, value)
	default:
		return errUnknownOption
	}
	return nil
}

func number(to *int, value string) error {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 {
		return fmt.Errorf("%q is no number", value)
	}
	*to = n
	return nil
}

// voice settings of a profile.
func (u *userProfile) pause() time.Duration { return time.Duration(u.silence) * time.Millisecond }

// A bridgeProfile is a section of type bridge: what a conference is.
type bridgeProfile struct {
	name                                              string
	rate, maxRate                                     int // Hz
	language                                          string
	interval                                          int // ms
	record, recordAppend, recordTimestamp             bool
	recordFile, recordOptions, recordCommand, context string
	video                                             string
	maxMembers                                        int
	jitterBuffer, events, binaural                    bool
	videoDiscard, rembInterval, rembBitrate           int
	rembBehavior                                      string
	sounds                                            map[string]string // those that are not the usual ones
}

func newBridgeProfile(name string) *bridgeProfile {
	return &bridgeProfile{name: name, language: "en", interval: 20, recordAppend: true, recordTimestamp: true,
		videoDiscard: 2000, rembBehavior: "average", video: "none", sounds: map[string]string{}}
}

var bridgeUnhonoured = map[string]string{"jitterbuffer": "that of users is honoured alone",
	"binaural_active": "voices come from one direction", "remb_send_interval": aboutREMB, "remb_behavior": aboutREMB, "remb_estimated_bitrate": aboutREMB}

const aboutREMB = "who sends video is not told what bandwidth the others have (REMB)"

// names are the options that there are.
func (*bridgeProfile) names() []string {
	list := []string{"type", "template", "internal_sample_rate", "maximum_sample_rate", "mixing_interval", "language", "record_conference", "record_file",
		"record_file_append", "record_file_timestamp", "record_options", "record_command", "regcontext", "max_members", "video_mode", "jitterbuffer",
		"enable_events", "binaural_active", "video_update_discard", "remb_send_interval", "remb_estimated_bitrate", "remb_behavior"}
	for _, sound := range soundNames {
		list = append(list, "sound_"+sound.name)
	}
	return list
}

// videoModes are the values of video_mode.
var videoModes = []string{"none", followTalker, "last_marked", "first_marked", allSeeAll}

// soundNames are the sounds of a conference and the usual prompts, in the order in which they are
// shown; title is how.
var soundNames = []struct{ name, prompt, title string }{
	{"only_person", "conf-onlyperson", "sound_only_person:    "},
	{"only_one", "conf-onlyone", "sound_only_one:       "},
	{"has_joined", "conf-hasjoin", "sound_has_joined:     "},
	{"has_left", "conf-hasleft", "sound_has_left:       "},
	{"kicked", "conf-kicked", "sound_kicked:         "},
	{"muted", "conf-muted", "sound_muted:          "},
	{"unmuted", "conf-unmuted", "sound_unmuted:        "},
	{"binaural_on", "confbridge-binaural-on", "sound_binaural_on:    "},
	{"binaural_off", "confbridge-binaural-off", "sound_binaural_off:   "},
	{"there_are", "conf-thereare", "sound_there_are:      "},
	{"other_in_party", "conf-otherinparty", "sound_other_in_party: "},
	{"place_into_conference", "conf-placeintoconf", "sound_place_into_conference: "},
	{"wait_for_leader", "conf-waitforleader", "sound_wait_for_leader:       "},
	{"leader_has_left", "conf-leaderhasleft", "sound_leader_has_left:       "},
	{"get_pin", "conf-getpin", "sound_get_pin:        "},
	{"invalid_pin", "conf-invalidpin", "sound_invalid_pin:    "},
	{"locked", "conf-locked", "sound_locked:         "},
	{"unlocked_now", "conf-unlockednow", "sound_unlocked_now:   "},
	{"locked_now", "conf-lockednow", "sound_lockednow:      "},
	{"error_menu", "conf-errormenu", "sound_error_menu:     "},
	{"join", "confbridge-join", "sound_join:           "},
	{"leave", "confbridge-leave", "sound_leave:          "},
	{"participants_muted", "conf-now-muted", "sound_participants_muted:     "},
	{"participants_unmuted", "conf-now-unmuted", "sound_participants_unmuted:     "},
	{"begin", "confbridge-conf-begin", "sound_begin:          "},
}

// sound returns a prompt by its name without "sound_".
func (b *bridgeProfile) sound(name string) string {
	if given, ok := b.sounds[name]; ok {
		return given
	}
	for _, s := range soundNames {
		if s.name == name {
			return s.prompt
		}
	}
	return ""
}

// soundOf reads the name of an option of a sound. Two of them have another name, too.
func soundOf(option string) (name string, ok bool) {
	name, ok = strings.CutPrefix(option, "sound_")
	switch name {
	case "wait_for_marked":
		name = "wait_for_leader"
	case "lockednow":
		name = "locked_now"
	}
	if !ok {
		return "", false
	}
	for _, s := range soundNames {
		if s.name == name {
			return name, true
		}
	}
	return "", false
}

// set changes an option by its name in confbridge.conf.
func (b *bridgeProfile) set(name, value string) error {
	name = strings.ToLower(name)
	if sound, ok := soundOf(name); ok {
		b.sounds[sound] = value
		return nil
	}
	switch name {
	case "type":
	case "internal_sample_rate":
		if b.rate = 0; !strings.EqualFold(value, "auto") {
			return b.setRate(&b.rate, value)
		}
	case "maximum_sample_rate":
		if b.maxRate = 0; !strings.EqualFold(value, "none") {
			return b.setRate(&b.maxRate, value)
		}
	case "mixing_interval":
		n, err := strconv.Atoi(value)
		if err != nil || n != 10 && n != 20 && n != 40 && n != 80 {
			return fmt.Errorf("%q is none of 10, 20, 40 and 80", value)
		}
		b.interval = n
	case "language":
		b.language = value
	case "record_conference":
		b.record = config.True(value)
	case "record_file":
		b.recordFile = value
	case "record_file_append":
		b.recordAppend = config.True(value)
	case "record_file_timestamp":
		b.recordTimestamp = config.True(value)
	case "record_options":
		b.recordOptions = value
	case "record_command":
		b.recordCommand = value
	case "regcontext":
		b.context = value
	case "max_members":
		return number(&b.maxMembers, value)
	case "video_mode":
		for _, mode := range videoModes {
			if strings.EqualFold(mode, value) {
				b.video = mode
				return nil
			}
		}
		return fmt.Errorf("%q is no video mode", value)
	default:
		return b.setMore(name, value)
	}
	return nil
}

func (b *bridgeProfile) setRate(to *int, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || media.LinearAt(n) == nil {
		return fmt.Errorf("%q is no rate at which is mixed", value)
	}
	*to = n
	return nil
}

// setMore sets what nothing is made of yet.
func (b *bridgeProfile) setMore(name, value string) error {
	switch name {
	case "jitterbuffer":
		b.jitterBuffer = config.True(value)
	case "enable_events":
		b.events = config.True(value)
	case "binaural_active":
		b.binaural = config.True(value)
	case "video_update_discard":
		return number(&b.videoDiscard, value)
	case "remb_send_interval":
		return number(&b.rembInterval, value)
	case "remb_estimated_bitrate":
		return number(&b.rembBitrate, value)
	case "remb_behavior":
		b.rembBehavior = value
	default:
		return errUnknownOption
	}
	return nil
}
