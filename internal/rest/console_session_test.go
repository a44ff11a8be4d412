package rest

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/wsclient"
)

// What the console says of WebSockets and does with them, as recorded with Asterisk 22.
func TestConsoleSessions(t *testing.T) {
	book, accepted := persistent(t, "", "username=me\npassword=secret\n", func(http.ResponseWriter, *http.Request) bool { return true })
	one := book.Find("one")
	each := &wsclient.Client{Name: "each", URI: "ws://127.0.0.1:1/each", Protocols: []string{"ari", "other"}, Timeout: time.Second, Interval: 300 * time.Millisecond, Attempts: 4}
	each.TLS.CheckName = true
	book.Set([]*wsclient.Client{one, each})
	s := newShop(t)
	s.Server.Clients = book
	s.Configure(&Settings{Enabled: true, Users: map[string]*User{"me": {Password: "secret"}}, WriteTimeout: time.Second, Outbound: []Outbound{
		{Name: "out", Client: "one", Apps: []string{"first", "second"}, User: "me"}, {Name: "mine", Client: "each", Apps: []string{"third"}, All: true},
		{Name: "strange", Client: "each", Apps: []string{"x"}, User: "nobody"}, {Name: "lost", Client: "none", Apps: []string{"y"}}}})
	<-accepted
	s.listen("app=in1,in2")
	where := strings.TrimPrefix(one.URI, "ws://")
	where, _, _ = strings.Cut(where, "/")
	const head = "Connection ID                         Type            RemoteAddr                       State Apps            \n" +
		"------------------------------------- --------------- -------------------------------- ----- ----------------\n"
	row := func(id, kind, peer, state, apps string) string {
		pad := func(text string, n int) string { return text + strings.Repeat(" ", max(0, n-len(text))) + " " }
		return pad(id, 37) + pad(kind, 15) + pad(peer, 32) + pad(state, 5) + apps + "\n"
	}
	var inbound string
	sessions := func(want string) {
		t.Helper()
		const line = "ari show websocket sessions"
		got := ""
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) { // they open and close beside
			got = s.run(line)
			if m := regexp.MustCompile(`(?m)^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})  inbound         (\S+)`).FindStringSubmatch(got); m != nil {
				inbound = m[1]
				got = strings.Replace(strings.Replace(got, m[1], "ID"+strings.Repeat(" ", 34), 1), m[2], "PEER"+strings.Repeat(" ", len(m[2])-4), 1)
			}
			if got == head+want {
				return
			}
		}
		t.Fatalf("%s says\n%swant\n%s", line, got, head+want)
	}
	in, calls := row("ID", "inbound", "PEER", "Up", "in1,in2"), row("mine", "per_call_config", "N/A", "N/A", "third")
	sessions(in + calls + row("out", "persistent", where, "Up", "first,second"))
	says := func(line, want string) {
		t.Helper()
		if got := s.run(line); got != want {
			t.Errorf("%s says\n%swant\n%s", line, got, want)
		}
	}
	says("ari shutdown websocket session out", "Shutting down websocket session 'out'\n")
	sessions(in + calls)
	says("ari shutdown websocket session out", "Websocket session 'out' not found\nfailed")
	says("ari start outbound-websocket out", "Starting websocket session for outbound-websocket 'out'\n")
	<-accepted
	sessions(in + calls + row("out", "persistent", where, "Up", "first,second"))
	says("ari shutdown websocket session "+inbound, "Shutting down websocket session '"+inbound+"'\n")
	says("ari shutdown websocket session mine", "Shutting down websocket session 'mine'\n")
	if s.Summon(context.Background(), "third") {
		t.Error("a WebSocket is opened for calls that is not to be")
	}
	says("ari shutdown websocket sessions", "Shutting down all websocket sessions\n")
	sessions("")
	says("ari start outbound-websocket nobody", "Error getting ARI configuration\nfailed")
	says("ari start outbound-websocket lost", "Error getting ARI configuration\nfailed")
	says("ari start outbound-websocket mine", "Starting websocket session for outbound-websocket 'mine'\n")
	sessions(calls)
	says("ari show outbound-websockets", "Name                             Type            Apps                             Status  URI\n"+
		"-------------------------------- --------------- -------------------------------- ------- ----------------------------------------------------------------\n"+
		"mine                             per_call_config third                            valid   ws://127.0.0.1:1/each\n"+
		"out                              persistent      first,second                     valid   "+one.URI+"\n"+
		"strange                          per_call_config x                                INVALID ws://127.0.0.1:1/each\n")
	says("ari show outbound-websocket strange", `[strange] **INVALID**
uri =                    ws://127.0.0.1:1/each
protocols =              ari,other
apps =                   x
username =               
password =               ********
local_ari_user =         nobody (invalid)
connection_type =        per_call_config
subscribe_all =          No
connec_timeout =         1000
reconnect_attempts =     4
reconnect_interval =     300
tls_enabled =            No
ca_list_file =           
ca_list_path =           
cert_file =              
priv_key_file =          
verify_server =          No
verify_server_hostname = Yes

`)
	says("ari show outbound-websocket lost", "Error getting ARI configuration\nfailed")
	says("ari show outbound-websocket", "usage")
}
