package phone

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/octothorpe/octothorpe/internal/command"
)

// asked carries an action out as the manager interface does and returns what the
// client gets.
func asked(t *testing.T, d *Driver, block string) string {
	t.Helper()
	values := map[string][]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
		key, value, _ := strings.Cut(line, ": ")
		values[key] = append(values[key], value)
	}
	get := func(key string) string {
		if list := values[key]; len(list) > 0 {
			return list[0]
		}
		return ""
	}
	var b strings.Builder
	id := get("ActionID")
	message := func(fields ...command.Field) {
		for _, f := range fields {
			fmt.Fprintf(&b, "%s: %s\n", f.Key, f.Value)
		}
		b.WriteString("\n")
	}
	r := &command.ActionRequest{Get: get, All: func(key string) []string { return values[key] }, Can: func(command.Class) bool { return true }}
	head := func(key, value string) []command.Field {
		return []command.Field{{Key: key, Value: value}, {Key: "ActionID", Value: id}}
	}
	r.Reply = func(response, text string, fields ...command.Field) {
		list := head("Response", response)
		if text != "" {
			list = append(list, command.Field{Key: "Message", Value: strings.TrimSuffix(text, "\n")}) // test/reference sees the empty line
		}
		message(append(list, fields...)...)
	}
	r.Event = func(name string, fields ...command.Field) {
		if at := slices.IndexFunc(fields, func(f command.Field) bool { return f.Key == "ActionID" }); at >= 0 {
			fields[at].Value = id
			message(append([]command.Field{{Key: "Event", Value: name}}, fields...)...)
			return
		}
		message(append(head("Event", name), fields...)...)
	}
	r.ListStart = func(text string) {
		message(append(head("Response", "Success"), command.Field{Key: "EventList", Value: "start"}, command.Field{Key: "Message", Value: text})...)
	}
	r.ListEnd = func(name string, items int, fields ...command.Field) {
		message(append(append(head("Event", name), command.Field{Key: "EventList", Value: "Complete"},
			command.Field{Key: "ListItems", Value: strconv.Itoa(items)}), fields...)...)
	}
	for _, a := range d.Actions() {
		if a.Name != get("Action") {
			continue
		}
		err := a.Run(context.Background(), r)
		if refusal := command.Refusal(""); errors.As(err, &refusal) {
			r.Reply("Error", string(refusal))
		} else if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	t.Fatalf("there is no action %s", get("Action"))
	return ""
}

// Actions that list objects answer what the reference does, key by key and in
// its order.
func TestActionsAreTheReferences(t *testing.T) {
	for _, record := range []struct{ file, technology, conf string }{
		{"pjsip-lists", PJSIP, "pjsip.conf"}, {"pjsip-objects", PJSIP, "pjsip.conf"},
		{"sip-peers", SIP, "sip.conf"}, {"sip-objects", SIP, "sip.conf"},
	} {
		archive, err := txtar.ParseFile(filepath.Join("..", "manager", "testdata", "reference", record.file+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range archive.Files {
			files[f.Name] = string(f.Data)
		}
		received := files["received"]
		m, _ := load(t, record.technology, files[record.conf])
		d := New(Config{Model: m})
		d.setStatic(m)
		if record.file != "pjsip-lists" && record.file != "sip-peers" {
			d.location.put(recordedContact(received))
		}
		for block := range strings.SplitSeq(files["script"], "action\n") {
			block, _, _ = strings.Cut(block, "\n\n")
			if !strings.HasPrefix(block, "Action: ") {
				continue
			}
			id := block[strings.Index(block, "ActionID: "):]
			id, _, _ = strings.Cut(id, "\n")
			t.Run(record.file+"/"+strings.TrimPrefix(id, "ActionID: "), func(t *testing.T) {
				var want strings.Builder
				for message := range strings.SplitSeq(received, "\n\n") {
					message = strings.TrimPrefix(message, "\n")
					if strings.Contains(message+"\n", "\n"+id+"\n") && !strings.Contains(message, "SIPQualifyPeerDone") {
						want.WriteString(message + "\n\n")
					}
				}
				if got := asked(t, d, block); got != want.String() {
					t.Error(difference(got, want.String()))
				}
			})
		}
	}
}

// recordedContact is the phone that had registered in a record.
func recordedContact(received string) *Contact {
	find := func(key string) string {
		if m := regexp.MustCompile(`(?m)^` + key + `: (.+)$`).FindStringSubmatch(received); m != nil {
			return m[1]
		}
		return ""
	}
	expires, _ := strconv.ParseInt(find("ExpirationTime"), 10, 64)
	c := &Contact{AOR: "alice", URI: "sip:alice@127.0.0.1:5091", Endpoint: "alice", UserAgent: "testphone 1.0", CallID: find("CallId"),
		Expires: time.Unix(expires, 0), ViaAddress: "127.0.0.1", ViaPort: 5091, Source: netip.MustParseAddrPort("127.0.0.1:5091")}
	c.ID = contactID(c.AOR, c.URI, false)
	if left, err := strconv.Atoi(strings.TrimSuffix(find("RegExpire"), " seconds")); err == nil && expires == 0 {
		c.Expires = time.Now().Add(time.Duration(left)*time.Second + time.Second/2)
	}
	return c
}

// Every option that the tables show has a place in AMI's order.
func TestOrdersAreWhole(t *testing.T) {
	names := func(lines []shown) []string {
		var list []string
		for _, l := range lines {
			list = append(list, l.name)
		}
		return list
	}
	var d Driver
	d.model.Store(&Model{})
	for _, c := range []struct {
		object string
		order  []string
		shown  []string
	}{
		{"endpoint", orderEndpoint, names(endpointTable().shown(&Endpoint{}))}, {"aor", orderAOR, names(aorTable().shown(&AOR{}))},
		{"auth", orderAuth, names(authOptions().shown(&Auth{}))}, {"transport", orderTransport, names(transportOptions().shown(&Transport{}))},
		{"identify", orderIdentify, append(names(identifyOptions().shown(&Identify{})), "match")},
		{"contact", orderContact, names(d.shownContact(&Contact{}))},
		{"registration", orderRegistration, names(registrationOptions().shown(&Registration{}))},
	} {
		want, got := slices.Clone(c.shown), slices.Clone(c.order)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(slices.Compact(got), slices.Compact(want)) || len(got) != len(c.order) {
			t.Errorf("%s: the order has\n%q, the table\n%q", c.object, got, want)
		}
	}
}
