package app

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// alarmSettings are those of alarmreceiver.conf.
type alarmSettings struct {
	stamp, command, folder, family string
	single                         bool // a file for each event
	flat                           bool // files have no sections
	first, next, settle            time.Duration
	loudness                       int // of 8192
}

// alarmOptions are the options that there are.
var alarmOptions = []string{"timestampformat", "eventcmd", "eventspooldir", "logindividualevents", "db-family", "fdtimeout", "sdtimeout", "answait",
	"loudness", "no_group_meta"}

// loudestAlarm is the loudness of tones as they are.
const loudestAlarm = 8192

// currentAlarms are the settings of now; nil without the file.
type currentAlarms struct{ atomic.Pointer[alarmSettings] }

// ReadAlarmReceiver reads alarmreceiver.conf. Without the file it returns nil.
func ReadAlarmReceiver(f *config.File) (*alarmSettings, []config.Diagnostic) {
	if f == nil {
		return nil, nil
	}
	s := &alarmSettings{stamp: "%a %b %d, %Y @ %H:%M:%S %Z", first: 2 * time.Second, next: 200 * time.Millisecond,
		settle: 1250 * time.Millisecond, loudness: loudestAlarm}
	r := config.NewReader(nil)
	for _, e := range f.Section("general").Lines() {
		between := func(least, most int) int {
			n, err := strconv.Atoi(strings.TrimSpace(e.Value))
			if err != nil || n < least || n > most {
				r.Report(config.Warning, e, "", "%s: %q is not between %d and %d", e.Key, e.Value, least, most)
				return min(max(n, least), most)
			}
			return n
		}
		ms := func(least, most int) time.Duration { return time.Duration(between(least, most)) * time.Millisecond }
		switch strings.ToLower(e.Key) {
		case "timestampformat":
			s.stamp = strings.ReplaceAll(e.Value, "${", "")
		case "eventcmd":
			s.command = e.Value
		case "eventspooldir":
			s.folder = e.Value
		case "logindividualevents":
			s.single = config.True(e.Value)
		case "db-family":
			s.family = strings.TrimSuffix(e.Value, ":")
		case "fdtimeout":
			s.first = ms(1000, 10000)
		case "sdtimeout":
			s.next = ms(110, 4000)
		case "answait":
			s.settle = ms(500, 10000)
		case "loudness":
			s.loudness = between(100, loudestAlarm)
		case "no_group_meta":
			s.flat = config.True(e.Value)
		default:
			r.Report(config.Warning, e, config.Suggest(e.Key, slices.Values(alarmOptions)), "unknown option %s", e.Key)
		}
	}
	return s, r.Diagnostics()
}

// ConfigureAlarmReceiver sets what holds for calls from now on.
func (h *House) ConfigureAlarmReceiver(s *alarmSettings) { h.alarms.Store(s) }

// quieter is a source of linear samples at a part of its loudness.
type quieter struct {
	channel.Source
	loudness int // of loudestAlarm
}

func (q *quieter) Next() (media.Frame, error) {
	f, err := q.Source.Next()
	if err != nil || q.loudness == loudestAlarm || f.Format == nil || !f.Format.Linear() {
		return f, err
	}
	data := make([]byte, len(f.Data)) // frames are not changed
	for i := 0; i+1 < len(data); i += 2 {
		sample := int16(binary.LittleEndian.Uint16(f.Data[i:]))                              //nolint:gosec // the bits of a sample
		binary.LittleEndian.PutUint16(data[i:], uint16(int(sample)*q.loudness/loudestAlarm)) //nolint:gosec // the same
	}
	f.Data = data
	return f, nil
}
