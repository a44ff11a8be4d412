package conference

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

const profiles = `
[quiet]
type = user
quiet = yes
[boss]
type = user
quiet = yes
admin = yes
[leader]
type = user
quiet = yes
marked = yes
[waits]
type = user
quiet = yes
wait_marked = yes
music_on_hold_when_empty = yes
[ends]
type = user
quiet = yes
end_marked = yes
[pin]
type = user
quiet = yes
pin = 1234
[names]
type = user
announce_join_leave = yes
announce_user_count = yes
[brief]
type = user
quiet = yes
timeout = 5
[talks]
type = user
quiet = yes
talk_detection_events = yes
dsp_silence_threshold = 500
[small]
type = bridge
max_members = 1
[recorded]
type = bridge
record_conference = yes
regcontext = halls
[menu]
type = menu
1 = toggle_mute
2 = leave_conference
3 = dialplan_exec(office,300,1)
4 = admin_toggle_conference_lock
5 = admin_kick_last
6 = playback(a&b), participant_count
7 = admin_toggle_mute_participants
*1 = no_op
`

func TestTwoMeet(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		w.call("room,,quiet")
		if got, want := w.noted(), "ConfbridgeStart; EMPTY→SINGLE; ConfbridgeJoin Test/1 Admin=No Muted=No"; got != want {
			t.Errorf("the first: %s\nwant %s", got, want)
		}
		two := w.call("room,,boss")
		if got, want := w.noted(), "SINGLE→MULTI; ConfbridgeJoin Test/2 Admin=Yes Muted=No"; got != want {
			t.Errorf("the second: %s\nwant %s", got, want)
		}
		if got := w.DeviceState("room") + w.DeviceState("other"); got != "INUSEINVALID" {
			t.Errorf("device states %s", got)
		}
		two.Hangup(16)
		if got, want := w.noted(), "ConfbridgeLeave Test/2 Admin=Yes; MULTI→SINGLE"; got != want {
			t.Errorf("one leaves: %s\nwant %s", got, want)
		}
		if got := two.result(t); got != "HANGUP" {
			t.Errorf("result %q", got)
		}
		if got := w.ask("ConfbridgeKick", "Conference", "room", "Channel", "all"); got != "Success: All participants kicked" {
			t.Error(got)
		}
		if got, want := w.noted(), "ConfbridgeLeave Test/1 Admin=No; SINGLE→EMPTY; ConfbridgeEnd"; got != want {
			t.Errorf("the last is kicked: %s\nwant %s", got, want)
		}
		if w.DeviceState("room") != "NOT_INUSE" || len(w.all()) > 0 || len(w.Bridges.All()) > 0 {
			t.Error("something is left of the room")
		}
	})
}

// What one says the others hear, and nobody hears oneself; who is muted is not heard.
func TestVoices(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		one, two, three := w.call("room,,quiet"), w.call("room,,quiet,menu"), w.call("room,,talks")
		synctest.Wait()
		levels := func() (l [3]float64) {
			for i, g := range []*guest{one, two, three} {
				all := g.Far.Heard()
				l[i] = channeltest.Level(all[max(0, len(all)-5):])
			}
			return l
		}
		two.talk(300*time.Millisecond, 4000)
		if l := levels(); l[0] < 3000 || l[1] != 0 || l[2] < 3000 {
			t.Errorf("two talks and they hear %v", l)
		}
		two.key("1")
		time.Sleep(300 * time.Millisecond)
		if got := w.noted(); !strings.Contains(got, "ConfbridgeMute Test/2 Admin=No; Test/2 hears conf-muted") {
			t.Errorf("muted by key: %s", got)
		}
		two.talk(300*time.Millisecond, 4000)
		if l := levels(); l != [3]float64{} {
			t.Errorf("a muted leg talks and they hear %v", l)
		}
		w.noted()
		three.talk(200*time.Millisecond, 4000)
		if got, want := w.noted(), "ConfbridgeTalking Test/3 TalkingStatus=on Admin=No"; got != want {
			t.Errorf("talking: %s, want %s", got, want)
		}
		if got := w.ask("ConfbridgeList", "Conference", "room"); strings.Count(got, "Talking=Yes") != 1 || strings.Count(got, "Muted=Yes") != 1 {
			t.Error(got)
		}
		if got, want := w.after(time.Second), "ConfbridgeTalking Test/3 TalkingStatus=off Admin=No"; got != want {
			t.Errorf("silent again: %s, want %s", got, want)
		}
	})
}

func TestMarkedUsers(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		waits := w.call("room,,waits")
		if got, want := w.noted(), "ConfbridgeStart; EMPTY→INACTIVE; ConfbridgeJoin Test/1 Admin=No Muted=No"; got != want {
			t.Errorf("who waits: %s\nwant %s", got, want)
		}
		music := func() bool {
			time.Sleep(100 * time.Millisecond)
			all := waits.Far.Heard()
			return len(all) > 2 && channeltest.Level(all[len(all)-2:]) > 400
		}
		if !music() {
			t.Error("who waits hears no music")
		}
		leader := w.call("room,,leader")
		w.call("room,,ends")
		if got := w.noted(); !strings.Contains(got, "INACTIVE→MULTI_MARKED") {
			t.Errorf("the leader comes: %s", got)
		}
		if music() {
			t.Error("who is in the conference still hears music")
		}
		leader.Hangup(16)
		got := w.after(time.Second)
		for _, want := range []string{"MULTI_MARKED→SINGLE", "SINGLE→INACTIVE", "ConfbridgeLeave Test/3"} {
			if !strings.Contains(got, want) {
				t.Errorf("the leader leaves: %s\nwant %s in it", got, want)
			}
		}
		if !music() {
			t.Error("who waits again hears no music")
		}
	})
}

func TestWhoGetsIn(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		w.keys["Test/1"] = "1,1234"
		w.keys["Test/2"] = "1,2,3"
		one, two := w.call("room,,pin"), w.call("room,,pin")
		got := w.after(time.Second)
		if !strings.Contains(got, "Test/1 is asked by conf-getpin") || !strings.Contains(got, "Test/1 hears conf-invalidpin") || !strings.Contains(got, "ConfbridgeJoin Test/1") {
			t.Errorf("by PIN: %s", got)
		}
		if two.result(t) != "FAILED" || strings.Contains(got, "ConfbridgeJoin Test/2") {
			t.Errorf("with wrong PINs: %s", two.result(t))
		}
		w.call("tiny,small,quiet")
		w.after(time.Second)
		full, boss := w.call("tiny,small,quiet"), w.call("tiny,small,boss")
		if got := w.after(time.Second); full.result(t) != "FAILED" || !strings.Contains(got, "hears conf-locked") || !strings.Contains(got, "ConfbridgeJoin "+boss.Name()) {
			t.Errorf("a full room: %s", got)
		}
		if got := w.ask("ConfbridgeLock", "Conference", "room"); got != "Success: Conference locked" {
			t.Error(got)
		}
		if locked := w.call("room,,quiet"); w.after(time.Second) == "" || locked.result(t) != "FAILED" {
			t.Errorf("a locked room: %s", locked.result(t))
		}
		for _, wrong := range []string{"", "room,nowhere", "room,,nowhere", "room,,,nowhere"} {
			if g := w.call(wrong); g.result(t) != "FAILED" {
				t.Errorf("ConfBridge(%s): %s", wrong, g.result(t))
			}
		}
		_ = one
	})
}

func TestNamesAreSaid(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		w.call("room,,quiet")
		w.noted()
		two := w.call("room,,names")
		got := w.after(2 * time.Second)
		for _, want := range []string{"Test/2 says its name", "Test/2 hears conf-onlyone", "all hear conf-hasjoin; all hear confbridge-join"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s\nwant %s in it", got, want)
			}
		}
		two.Hangup(16)
		if got := w.after(2 * time.Second); !strings.Contains(got, "all hear conf-hasleft; all hear confbridge-leave") {
			t.Errorf("it leaves: %s", got)
		}
	})
}

func TestMenu(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		one, two := w.call("room,,boss,menu"), w.call("room,,quiet,menu")
		w.noted()
		for _, c := range []struct {
			g          *guest
			keys, want string
		}{
			{one, "3", "Test/1 runs office,300,1"},
			{one, "4", "Test/1 hears conf-lockednow"},
			{two, "4", "Test/2 hears conf-errormenu"},
			{two, "6", "Test/2 hears a; Test/2 hears b; Test/2 hears conf-onlyone"},
			{one, "7", "all hear conf-now-muted"},
			{two, "5", "Test/2 hears conf-errormenu"},
			{one, "5", "ConfbridgeLeave Test/2"},
			{one, "2", "ConfbridgeLeave Test/1"},
		} {
			c.g.key(c.keys)
			if got := w.after(2 * time.Second); !strings.Contains(got, c.want) {
				t.Errorf("%s presses %s: %s\nwant %s in it", c.g.Name(), c.keys, got, c.want)
			}
		}
		if one.result(t) != "DTMF" || two.result(t) != "KICKED" {
			t.Errorf("results %s and %s", one.result(t), two.result(t))
		}
	})
}

func TestTimeRunsOut(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		g := w.call("room,,brief")
		if w.after(4 * time.Second); g.result(t) != "" {
			t.Error("out too early")
		}
		if w.after(2 * time.Second); g.result(t) != "TIMEOUT" {
			t.Errorf("result %q", g.result(t))
		}
	})
}

func TestARecordedRoom(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		g := w.call("room,recorded,quiet")
		if got := w.noted(); !strings.HasPrefix(got, "extension room@halls; record ; ConfbridgeRecord; ConfbridgeStart") {
			t.Error(got)
		}
		for _, c := range [][2]string{{"ConfbridgeStartRecord", "Error: Conference is already being recorded."}, {"ConfbridgeStopRecord", "Success: Conference Recording Stopped."},
			{"ConfbridgeStopRecord", "Error: Internal error while stopping recording."}, {"ConfbridgeStartRecord", "Success: Conference Recording Started."}} {
			if got := w.ask(c[0], "Conference", "room"); got != c[1] {
				t.Errorf("%s: %s, want %s", c[0], got, c[1])
			}
		}
		if got, want := w.noted(), "ConfbridgeStopRecord; recorded; record a; ConfbridgeRecord"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		g.Hangup(16)
		if got, want := w.noted(), "ConfbridgeLeave Test/1 Admin=No; SINGLE→EMPTY; no extension room@halls; ConfbridgeEnd; ConfbridgeStopRecord; recorded"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestOwnProfiles(t *testing.T) {
	in(t, profiles, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{})
		for _, set := range [][2]string{{"user,template", "boss"}, {"user,pin", "99"}, {"bridge,max_members", "3"}, {"menu,template", "menu"}, {"menu,9", "no_op"}} {
			if err := w.writeDynamic(t.Context(), c.Channel, set[0], set[1]); err != nil {
				t.Errorf("%v: %v", set, err)
			}
		}
		got, err := w.profiles(c.Channel, "", "", "")
		if err != nil || !got.user.admin || got.user.pin != "99" || got.bridge.maxMembers != 3 || len(got.menu.entries) != 9 {
			t.Errorf("%+v %+v %v %v", got.user, got.bridge, got.menu, err)
		}
		if w.Settings().users["boss"].pin != "" || len(w.Settings().menus["menu"].entries) != 8 {
			t.Error("the templates have changed")
		}
		for _, wrong := range [][2]string{{"user,nonsense", "1"}, {"menu,1", "nonsense"}, {"user,template", "nowhere"}, {"nonsense,x", "1"}, {"menu,1", "playback"}, {"bridge,mixing_interval", "7"}} {
			if w.writeDynamic(t.Context(), c.Channel, wrong[0], wrong[1]) == nil {
				t.Errorf("%v is taken", wrong)
			}
		}
		c.Hangup(16)
	})
}

// All see one user's picture: of who talks, or who was chosen.
func TestPictures(t *testing.T) {
	in(t, profiles+"[show]\ntype = bridge\nvideo_mode = follow_talker\n", func(t *testing.T, w *world) {
		one, two, three := w.call("room,show,quiet"), w.call("room,show,quiet"), w.call("room,show,quiet")
		sees := func(from, to *guest) bool {
			before := len(to.Far.Heard())
			from.Deliver(media.Frame{Kind: media.VideoFrame, Format: media.VP8, Data: []byte{1}})
			for _, f := range to.Far.Heard()[before:] {
				if f.Kind == media.VideoFrame {
					return true
				}
			}
			return false
		}
		if !sees(one, three) || sees(two, three) {
			t.Error("not the first one's is seen")
		}
		two.talk(200*time.Millisecond, 4000)
		if !sees(two, three) || sees(one, three) || !sees(one, two) {
			t.Error("who talks is not seen, or does not see who was seen before")
		}
		if got := w.ask("ConfbridgeSetSingleVideoSrc", "Conference", "room", "Channel", "Test/1"); got != "Success: Conference single video source set." {
			t.Error(got)
		}
		two.talk(200*time.Millisecond, 4000)
		if !sees(one, two) || !sees(one, one) || sees(two, one) {
			t.Error("who was chosen is not seen by all")
		}
		one.Hangup(16)
		synctest.Wait()
		two.talk(200*time.Millisecond, 4000)
		if !sees(two, three) {
			t.Error("who talks is not seen once who was chosen has left")
		}
	})
}

// Who misses a picture has it asked for anew, but not soon after somebody else did.
func TestPicturesAreAskedForNotTooOften(t *testing.T) {
	in(t, profiles+"[show]\ntype = bridge\nvideo_mode = first_marked\nvideo_update_discard = 500\n", func(t *testing.T, w *world) {
		one, two, three := w.call("room,show,quiet"), w.call("room,show,quiet"), w.call("room,show,quiet")
		asks := func(g *guest) bool {
			before := len(one.Far.Told())
			g.Deliver(media.Frame{Kind: media.Control, Signal: media.VideoUpdate})
			return slices.Contains(one.Far.Told()[before:], media.VideoUpdate.String())
		}
		if !asks(two) || asks(two) || asks(three) {
			t.Error("the first was not asked once")
		}
		time.Sleep(500 * time.Millisecond)
		if !asks(three) || asks(two) {
			t.Error("the first was not asked again after half a second")
		}
	})
}
