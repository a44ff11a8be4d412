package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// elsewhere are the operations and events that no scenario here has, and why.
var elsewhere = map[string]string{
	"GET /asterisk/modules":           "which modules there are is each exchange's own",
	"GET /asterisk/logging":           "and so are its logs",
	"GET /mailboxes":                  "Debian's Asterisk has no mailboxes of clients",
	"GET /mailboxes/{mailboxName}":    "Debian's Asterisk has no mailboxes of clients",
	"PUT /mailboxes/{mailboxName}":    "Debian's Asterisk has no mailboxes of clients",
	"DELETE /mailboxes/{mailboxName}": "Debian's Asterisk has no mailboxes of clients",
	"ApplicationRegistered":           "over WebSockets that the exchange opens: test/ariapps",
	"ApplicationUnregistered":         "over WebSockets that the exchange opens: test/ariapps",
	"BridgeMerged":                    "takes the attended transfers of phones",
	"BridgeBlindTransfer":             "takes the transfers of phones",
	"BridgeAttendedTransfer":          "takes the transfers of phones",
	"ChannelHold":                     "takes a phone",
	"ChannelUnhold":                   "takes a phone",
	"ContactStatusChange":             "takes a phone",
	"PeerStatusChange":                "takes a phone",
	"EndpointStateChange":             "takes a phone",
	"TextMessageReceived":             "takes a phone",
}

// unanswered are the documented errors of operations that no scenario here has, and why.
var unanswered = map[string]string{
	"DELETE /applications/{applicationName}/subscription 409": "what is not subscribed to is answered 422",
	"GET /asterisk/modules/{moduleName} 409":                  "modules that do not run are answered 404",
	"PUT /asterisk/modules/{moduleName} 409":                  "which modules can't be read again is each exchange's own",
	"GET /bridges/{bridgeId}/variables 409":                   "bridges of nobody are answered 404",
	"POST /bridges/{bridgeId}/variables 409":                  "bridges of nobody are answered 404",
	"GET /channels/{channelId}/variable 409":                  "channels of nobody are answered, too",
	"GET /channels/{channelId}/variables 409":                 "channels of nobody are answered, too",
	"POST /channels/externalMedia 409":                        "an ID that is taken is answered 500",
	"POST /channels/{channelId}/transfer_progress 412":        "channels that were not called are answered, too",
	"PUT /deviceStates/{deviceName} 404":                      "no path lacks the name",
	"DELETE /deviceStates/{deviceName} 404":                   "no path lacks the name",
	"GET /endpoints/{tech}/{resource} 400":                    "no path lacks the names",
	"PUT /endpoints/{tech}/{resource}/sendMessage 400":        "no sender is answered 404 where there is no such endpoint; more takes a phone",
	"GET /recordings/stored/{recordingName}/file 403":         "a name that leads elsewhere is answered 404",
	"GET /mailboxes/{mailboxName} 404":                        "Debian's Asterisk has no mailboxes of clients",
	"PUT /mailboxes/{mailboxName} 404":                        "Debian's Asterisk has no mailboxes of clients",
	"DELETE /mailboxes/{mailboxName} 404":                     "Debian's Asterisk has no mailboxes of clients",
}

// Every operation with its documented errors and every event of Asterisk is in a scenario, or it is said why not.
func TestCoverage(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ari")
	if err != nil {
		t.Fatal(err)
	}
	asked, told := map[string]int{}, map[string]int{}
	requests, telling := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tells := false
		for _, s := range steps(string(text)) {
			for _, e := range s.events {
				kind, _, _ := strings.Cut(e, " ")
				told[kind]++
				tells = true
			}
			if name := operationOf(s.line); name != "" {
				asked[name]++
				if len(s.answer) > 0 {
					status, _, _ := strings.Cut(s.answer[0], " ")
					asked[name+" "+status]++
				}
				requests++
			}
		}
		if tells {
			telling++
		}
	}
	t.Logf("%d requests of %d operations, %d scenarios with %d kinds of events", requests, len(asked), telling, len(told))
	if requests < 250 || telling < 25 {
		t.Errorf("there are only %d requests and %d scenarios with events", requests, telling)
	}
	check := func(reasons map[string]string, name string, n int) {
		switch why := reasons[name]; {
		case n == 0 && why == "":
			t.Errorf("no scenario has %s", name)
		case n > 0 && why != "":
			t.Errorf("%s is in a scenario, though it is said that %s", name, why)
		}
	}
	for _, o := range facts.ARIOperations() {
		name := o.Method + " " + o.Path
		check(elsewhere, name, asked[name])
		for _, code := range o.Errors {
			answered := fmt.Sprintf("%s %d", name, code)
			check(unanswered, answered, asked[answered])
		}
	}
	for _, m := range facts.ARIModels() {
		if m.Name == "Event" {
			for _, kind := range m.Subtypes {
				check(elsewhere, kind, told[kind])
			}
		}
	}
}

// operationOf is the operation that a line of a scenario asks for, "" if none.
func operationOf(line string) string {
	if _, query, ok := strings.Cut(line, "> ws "); ok && query != "" {
		return "GET /events"
	}
	method, path := requestOf(line)
	best, fixed := "", -1
	for _, o := range facts.ARIOperations() {
		if n := match(strings.Split(o.Path, "/"), strings.Split(path, "/")); o.Method == method && n > fixed {
			best, fixed = o.Method+" "+o.Path, n
		}
	}
	return best
}
