package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// records are what the exchange wrote, by the numbers of the callers.
type records struct {
	queued map[string]*queued
	cdr    map[string][]cdrRow
	traces map[string]*trace
	stray  []string // what is nobody's
}

// queued is a call in queue_log.
type queued struct {
	id, queue string
	entered   int
	lines     []queueLine // but for its coming
}

type queueLine struct {
	agent, event string
	data         []string
}

// count is how many lines of an event there are, of one agent or with "" of all.
func (q *queued) count(event, agent string) int {
	n := 0
	for _, line := range q.lines {
		if line.event == event && (agent == "" || line.agent == agent) {
			n++
		}
	}
	return n
}

// cdrRow is a call record.
type cdrRow struct {
	agent       string // "": the record is of the caller alone
	disposition string
	billed      float64 // seconds
	id          string
}

// trace is a call in CEL: how often what happened on which leg. "" is all legs.
type trace struct {
	caller string // the unique ID of its leg
	legs   map[string]map[string]int
	agents map[string]int // the legs of each
}

// deviceOf is the device of a channel: agent0042 of PJSIP/agent0042-0000001f.
func deviceOf(channel string) string {
	_, name, _ := strings.Cut(channel, "/")
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		name = name[:i]
	}
	return name
}

func (x *server) records() (*records, error) {
	r := &records{queued: map[string]*queued{}, cdr: map[string][]cdrRow{}, traces: map[string]*trace{}}
	for _, read := range []func(*server) error{r.readQueueLog, r.readCDR, r.readCEL} {
		if err := read(x); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *records) readQueueLog(x *server) error {
	text, err := os.ReadFile(x.path("queue_log"))
	if err != nil {
		return err
	}
	by := map[string]*queued{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "|")
		switch {
		case len(f) < 5:
			r.stray = append(r.stray, "queue_log: "+line)
		case f[4] == "QUEUESTART":
		case f[4] == "ENTERQUEUE" && len(f) == 8:
			q := r.queued[f[6]]
			if q == nil {
				q = &queued{id: f[1], queue: f[2]}
				r.queued[f[6]], by[f[1]] = q, q
			}
			q.entered++
		default:
			q := by[f[1]]
			if q == nil || q.queue != f[2] {
				r.stray = append(r.stray, "queue_log: "+line)
				continue
			}
			q.lines = append(q.lines, queueLine{agent: strings.TrimPrefix(f[3], "PJSIP/"), event: f[4], data: f[5:]})
		}
	}
	return nil
}

// rows reads a file of lines of comma-separated values, with so many in each.
func (x *server) rows(name string, fields int) ([][]string, error) {
	f, err := os.Open(x.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	reader := csv.NewReader(f)
	reader.FieldsPerRecord = fields
	list, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return list, nil
}

func (r *records) readCDR(x *server) error {
	rows, err := x.rows("cdr-custom/cdr.csv", 6)
	for _, f := range rows {
		row := cdrRow{disposition: f[3], id: f[5]}
		if row.billed, err = strconv.ParseFloat(f[4], 64); err != nil {
			return err
		}
		if f[2] != "" {
			row.agent = deviceOf(f[2])
		}
		r.cdr[f[0]] = append(r.cdr[f[0]], row)
	}
	return err
}

func (r *records) readCEL(x *server) error {
	rows, err := x.rows("cel-custom/cel.csv", 5)
	by := map[string]*trace{} // by linked ID
	for _, f := range rows {
		event, id, linked, device := f[0], f[1], f[2], deviceOf(f[3])
		t := by[linked]
		if t == nil {
			t = &trace{legs: map[string]map[string]int{"": {}}, agents: map[string]int{}}
			by[linked] = t
		}
		if t.legs[id] == nil {
			t.legs[id] = map[string]int{}
		}
		t.legs[id][event]++
		t.legs[""][event]++
		switch {
		case event != "CHAN_START":
		case device != "callers":
			t.agents[device]++
		case t.caller != "" || r.traces[f[4]] != nil:
			r.stray = append(r.stray, fmt.Sprintf("CEL: %s comes again", f[4]))
		default:
			t.caller, r.traces[f[4]] = id, t
		}
	}
	for linked, t := range by {
		if t.caller == "" {
			r.stray = append(r.stray, "CEL: a call without a caller, "+linked)
		}
	}
	return err
}
