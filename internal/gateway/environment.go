package gateway

import (
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/event"
)

// environment is what the program is told of the call.
func (s *session) environment() *agi.Environment {
	snapshot := s.c.Snapshot()
	e := &agi.Environment{}
	if n, ok := s.link.(interface{ script() string }); ok {
		e.Add("agi_network", "yes")
		e.Add("agi_network_script", n.script())
	}
	or := func(text string, valid bool) string {
		if text == "" || !valid {
			return "unknown"
		}
		return text
	}
	request := s.request
	if rest, ok := strings.CutPrefix(request, "agi:"); ok && !strings.HasPrefix(rest, "//") {
		request = rest
	}
	caller := snapshot.Caller
	e.Add("agi_request", request)
	e.Add("agi_channel", snapshot.Name)
	e.Add("agi_language", snapshot.Language)
	e.Add("agi_type", snapshot.Technology)
	e.Add("agi_uniqueid", snapshot.UniqueID)
	e.Add("agi_version", s.g.Version)
	e.Add("agi_callerid", or(caller.Number.Text, caller.Number.Valid))
	e.Add("agi_calleridname", or(caller.Name.Text, caller.Name.Valid))
	e.Add("agi_callingpres", strconv.Itoa(presentation(caller)))
	ani2, _ := s.g.Dialplan.Read(s.context(), s.c, "CALLERID(ani2)")
	e.Add("agi_callingani2", orZero(ani2))
	e.Add("agi_callington", strconv.Itoa(int(caller.Number.Plan)))
	tns, _ := s.g.Dialplan.Read(s.context(), s.c, "CALLERID(tns)")
	e.Add("agi_callingtns", orZero(tns))
	e.Add("agi_dnid", or(snapshot.DialedNum, true))
	rdnis, _ := s.g.Dialplan.Read(s.context(), s.c, "CALLERID(rdnis)")
	e.Add("agi_rdnis", or(rdnis, true))
	e.Add("agi_context", snapshot.Context)
	e.Add("agi_extension", snapshot.Exten)
	e.Add("agi_priority", strconv.Itoa(snapshot.Priority))
	enhanced := "0.0"
	if s.enhanced {
		enhanced = "1.0"
	}
	e.Add("agi_enhanced", enhanced)
	e.Add("agi_accountcode", snapshot.AccountCode)
	e.Add("agi_threadid", strconv.FormatInt(s.g.ids.Add(1), 10))
	for i, a := range s.args {
		e.Add("agi_arg_"+strconv.Itoa(i+1), a)
	}
	return e
}

// unavailable is the presentation of who has neither number nor name.
const unavailable = 67

// presentation is that of number and name together: of the one that there is, else of the number.
func presentation(p event.Party) int {
	switch {
	case p.Number.Valid:
		return int(p.Number.Presentation)
	case p.Name.Valid:
		return int(p.Name.Presentation)
	}
	return unavailable
}

// orZero is a number that may be absent.
func orZero(text string) string {
	if text == "" {
		return "0"
	}
	return text
}
