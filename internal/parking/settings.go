package parking

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// File is the name of the configuration.
const File = "res_parking.conf"

// Settings are what the file says of one lot.
type Settings struct {
	name, context, exten string
	exclusive            bool
	dynamic              bool // made while a call was parked
	closing              bool // not in the file any more: nobody else is parked
	first, last          int
	hints                bool
	time                 time.Duration
	music                string
	toOrigin             bool
	dialTime             time.Duration
	comeback             string // context
	tone, toneTo         string // to "caller", "callee", "both" or "no"
	next                 bool   // spaces are used in turn
	// Whom the features of a fetched call are for: "caller" is who fetches it.
	transfers, reparking, hangup, recording string
}

// Read reads res_parking.conf, which may be nil. dynamic says that lots may be made while
// a call is parked.
func Read(f *config.File) (lots []*Settings, dynamic bool, problems []config.Diagnostic) {
	r := config.NewReader(nil)
	general := r.Section(f.Section("general"))
	dynamic = general.Bool("parkeddynamic", false)
	general.Done()
	there := false
	if f != nil {
		for _, section := range f.Sections() {
			if section.Template || section.Name == "general" {
				continue
			}
			lots = append(lots, readLot(r, section))
			there = there || section.Name == "default"
		}
	}
	if !there { // always there
		l := readLot(r, &config.Section{Name: "default"})
		l.exten = "700"
		lots = append(lots, l)
	}
	checkSpaces(r, f, lots)
	slices.SortStableFunc(lots, byName)
	return lots, dynamic, r.Diagnostics()
}

// Contexts are those in which the lots of a file have their extensions.
func Contexts(f *config.File) (names []string) {
	lots, _, _ := Read(f)
	for _, l := range lots {
		if l.exten != "" {
			names = append(names, l.context)
		}
	}
	return names
}

func readLot(r *config.Reader, section *config.Section) *Settings {
	s := r.Section(section)
	span := func(key string, otherwise int) time.Duration {
		return time.Duration(s.Int(key, otherwise, 0, 1<<31-1)) * time.Second
	}
	who := func(key, otherwise string) string {
		return strings.ToLower(s.Word(key, otherwise, "no", "caller", "callee", "both"))
	}
	l := &Settings{
		name: section.Name, context: s.String("context", "parkedcalls"), exten: s.String("parkext", ""), exclusive: s.Bool("parkext_exclusive", false),
		hints: s.Bool("parkinghints", false), time: span("parkingtime", 45), music: s.String("parkedmusicclass", ""),
		toOrigin: s.Bool("comebacktoorigin", true), dialTime: span("comebackdialtime", 30), comeback: s.String("comebackcontext", "parkedcallstimeout"),
		tone: s.String("courtesytone", ""), toneTo: who("parkedplay", "caller"),
		next:      s.Word("findslot", "first", "first", "next") == "next",
		transfers: who("parkedcalltransfers", "no"), reparking: who("parkedcallreparking", "no"),
		hangup: who("parkedcallhangup", "no"), recording: who("parkedcallrecording", "no"),
	}
	text := s.String("parkpos", "701-750")
	first, last, ok := spaces(text)
	if !ok {
		e, _ := section.Entry("parkpos")
		r.Report(config.Error, e, "two numbers with a dash between them, such as 701-720", "parkpos=%s is no range of spaces", text)
		first, last = 701, 750
	}
	l.first, l.last = first, last
	s.Done()
	return l
}

// checkSpaces tells of extensions that are to be two things: Asterisk takes no lot at all then.
func checkSpaces(r *config.Reader, f *config.File, lots []*Settings) {
	for i, l := range lots {
		if l.exten == "" { // without one a lot has no extensions at all
			continue
		}
		e := config.Entry{}
		if s := f.Section(l.name); s != nil {
			e.File, e.Line = s.File, s.Line
			if at, ok := s.Entry("parkpos"); ok {
				e = at
			}
		}
		if n, err := strconv.Atoi(l.exten); err == nil && n >= l.first && n <= l.last {
			r.Report(config.Error, e, "take it out of parkpos", "parkext %s of lot %s is one of its spaces", l.exten, l.name)
		}
		for _, other := range lots[:i] {
			if other.exten != "" && other.context == l.context && other.first <= l.last && l.first <= other.last {
				r.Report(config.Error, e, "part the ranges, or give the lots contexts of their own", "parkpos %d-%d of lot %s has spaces of lot %s, %d-%d, in the same context %s",
					l.first, l.last, l.name, other.name, other.first, other.last, l.context)
			}
		}
	}
}

// spaces reads "701-720".
func spaces(text string) (first, last int, ok bool) {
	from, to, several := strings.Cut(text, "-")
	first, err := strconv.Atoi(strings.TrimSpace(from))
	if last = first; several && err == nil {
		last, err = strconv.Atoi(strings.TrimSpace(to))
	}
	return first, last, err == nil && first > 0 && last >= first && last-first <= mostSpaces
}

// byName is the order of lots.
func byName(a, b *Settings) int { return strings.Compare(a.name, b.name) }

// mostSpaces is how many spaces a lot may have: each is an extension.
const mostSpaces = 100_000

// letters are those of Dial for the features of one side of a fetched call.
func (s *Settings) letters(side string) string {
	letters := ""
	for _, f := range []struct{ who, letter string }{{s.transfers, "t"}, {s.reparking, "k"}, {s.hangup, "h"}, {s.recording, "x"}} {
		if f.who == side || f.who == "both" {
			letters += f.letter
		}
	}
	return letters
}
