package callrecord

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A told is a record or an event as it waits on disk for a database, and as a web
// server gets it: everything that there is to be told, whoever will ask for it.
type told struct {
	Kind    string            `json:"record"` // cdr or cel
	Fields  map[string]string `json:"fields"`
	Times   map[string]string `json:"times"` // RFC 3339, to the microsecond; those that never came are missing
	Numbers map[string]number `json:"numbers"`
	Own     map[string]string `json:"variables,omitempty"` // what CDR() was set to
}

type number struct {
	N     int64   `json:"n"`
	Exact float64 `json:"exact,omitempty"`
}

// exactly is how a moment is told. Its zone is that of the machine.
const exactly = "2006-01-02T15:04:05.000000Z07:00"

func (t *told) at(name string, when time.Time) {
	if !when.IsZero() {
		t.Times[name] = when.Local().Format(exactly)
	}
}

func (v *Record) told() *told {
	t := &told{Kind: "cdr", Times: map[string]string{}, Numbers: map[string]number{
		"duration": {int64(v.Duration), v.duration.Seconds()}, "billsec": {int64(v.Billable), v.sinceAnswer.Seconds()},
		"sequence": {N: int64(v.Sequence)}, "disposition": {N: int64(v.Disposition)}, "amaflags": {N: int64(v.AMAFlags)},
	}, Fields: map[string]string{
		"clid": v.CallerID, "src": v.Source, "dst": v.Destination, "dcontext": v.Context, "channel": v.Channel,
		"dstchannel": v.DestinationChannel, "lastapp": v.LastApplication, "lastdata": v.LastData,
		"disposition": v.Disposition.String(), "amaflags": amaName(v.AMAFlags), "accountcode": v.Account, "peeraccount": v.PeerAccount,
		"uniqueid": v.UniqueID, "linkedid": v.LinkedID, "userfield": v.UserField,
	}}
	t.at("start", v.Start)
	t.at("answer", v.Answer)
	t.at("end", v.End)
	for _, own := range v.Variables {
		if t.Own == nil {
			t.Own = map[string]string{}
		}
		t.Own[own.Name] = own.Value
	}
	return t
}

// told is an event for others. shown has those of the administrator's own be called
// USER_DEFINED, with their name beside.
func (e *Event) told(shown bool) *told {
	s := e.Channel
	name := e.Name
	if e.Own != "" && !shown {
		name = e.Own
	}
	t := &told{Kind: "cel", Times: map[string]string{}, Numbers: map[string]number{
		"eventtype": {N: int64(slices.Index(eventNames, e.Name) + 1)}, "amaflags": {N: int64(s.AMAFlags)},
	}, Fields: map[string]string{
		"eventtype": name, "userdeftype": e.Own, "cid_name": s.Caller.Name.Text, "cid_num": s.Caller.Number.Text,
		"cid_ani": s.ANI.Number.Text, "cid_rdnis": s.Redirect.From.Number.Text, "cid_dnid": s.DialedNum, "exten": s.Exten,
		"context": s.Context, "channame": s.Name, "appname": s.Application, "appdata": s.Data, "accountcode": s.AccountCode,
		"peeraccount": s.PeerAccount, "uniqueid": s.UniqueID, "linkedid": s.LinkedID, "userfield": s.UserField, "peer": e.Peer,
		"amaflags": amaName(s.AMAFlags), "extra": e.Extra,
	}}
	t.at("eventtime", e.Time)
	return t
}

// aliases are columns that have another name than the field.
var columnAliases = map[string]string{"calldate": "start"}

// value is what a column of a type gets. known reports whether there is such a field;
// something whether it has a value.
func (t *told) value(column, kind string) (text string, something, known bool) {
	name := strings.ToLower(column)
	if real, ok := columnAliases[name]; ok {
		name = real
	}
	whole, real := wholeType(kind), realType(kind)
	if name == "start" || name == "answer" || name == "end" || name == "eventtime" {
		when, ok := t.Times[name]
		known = ok || t.Kind == "cdr" == (name != "eventtime")
		if !ok {
			return "", false, known
		}
		moment, err := time.Parse(exactly, when)
		switch {
		case err != nil:
			return "", false, true
		case whole:
			return strconv.FormatInt(moment.Unix(), 10), true, true
		case real:
			return fmt.Sprintf("%d.%06d", moment.Unix(), moment.Nanosecond()/1000), true, true
		case strings.HasPrefix(kind, "timestamp"), kind == "date", strings.HasPrefix(kind, "time"):
			return strings.Replace(when, "T", " ", 1), true, true
		}
		return moment.Local().Format(stamp), true, true
	}
	field, isField := t.Fields[name]
	n, isNumber := t.Numbers[name]
	switch {
	case isNumber && real && n.Exact != 0:
		return strconv.FormatFloat(n.Exact, 'f', 6, 64), true, true
	case isNumber && (whole || real || !isField):
		return strconv.FormatInt(n.N, 10), true, true
	case isField:
		return field, field != "", true
	}
	for own, value := range t.Own {
		if strings.EqualFold(own, column) {
			return value, value != "", true
		}
	}
	return "", false, false
}

func wholeType(kind string) bool {
	return kind == "integer" || kind == "bigint" || kind == "smallint"
}

func realType(kind string) bool {
	return kind == "real" || kind == "double precision" || strings.HasPrefix(kind, "numeric")
}

// flat is how a web server gets it: one object, of names and values.
func (t *told) flat() map[string]any {
	out := map[string]any{"record": t.Kind}
	for name, value := range t.Fields {
		out[name] = value
	}
	for name, when := range t.Times {
		out[name] = when
	}
	for name, n := range t.Numbers {
		if _, named := t.Fields[name]; !named {
			out[name] = n.N
		}
	}
	if len(t.Own) > 0 {
		out["variables"] = t.Own
	}
	return out
}

func (t *told) pack() ([]byte, error) { return json.Marshal(t) }

func unpack(row []byte) (*told, error) {
	t := &told{}
	if err := json.Unmarshal(row, t); err != nil {
		return nil, fmt.Errorf("read a row: %w", err)
	}
	return t, nil
}
