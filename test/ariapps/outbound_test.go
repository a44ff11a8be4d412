package ariapps

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ari"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// outboundPort is where the program listens in the network namespace of Asterisk, where there is nobody else.
const outboundPort = 9188

func outboundFiles(port int) map[string]string {
	client := func(name, kind string) string {
		return fmt.Sprintf("[%s]\ntype=websocket_client\nconnection_type=%s\nuri=ws://127.0.0.1:%d/%s\nprotocols=ari\nusername=pbx\npassword=secret\n"+
			"reconnect_interval=100\n", name, kind, port, name)
	}
	server := func(name, app string) string {
		return fmt.Sprintf("[%s]\ntype=outbound_websocket\nwebsocket_client_id=%s\napps=%s\nlocal_ari_user=me\n", name, name, app)
	}
	return map[string]string{
		"websocket_client.conf": client("forgood", "persistent") + client("foreach", "per_call_config"),
		"ari.conf": "[general]\nenabled=yes\n[me]\ntype=user\nread_only=no\npassword=secret\n" + server("forgood", "always") +
			server("foreach", "once"),
		"extensions.conf": dialplan + "exten => always,1,Stasis(always,one)\n same => n,Hangup()\nexten => once,1,Stasis(once,two)\n same => n,Hangup()\n",
	}
}

// TestOutbound has the exchange open WebSockets: one for good, and one for each call.
func TestOutbound(t *testing.T) {
	t.Parallel()
	t.Run("octothorpe", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		outbound(t, octothorpe(t, outboundFiles(l.Addr().(*net.TCPAddr).Port)), l)
	})
	t.Run("asterisk 22", func(t *testing.T) {
		x := asterisk(t, "22", outboundFiles(outboundPort))
		l, err := blackbox.In(x.namespace, func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(outboundPort)) })
		if err != nil {
			t.Fatal(err)
		}
		outbound(t, x, l)
	})
}

func outbound(t *testing.T, x *xchange, l net.Listener) {
	ctx := within(t)
	answered := make(chan string, 4)
	handler := func(ctx context.Context, c *ari.Client) {
		_ = c.Serve(ctx, func(ctx context.Context, call *ari.ChannelHandle, start *ari.StasisStart) error {
			if err := call.Answer(ctx); err != nil {
				return err
			}
			if err := call.WaitUp(ctx); err != nil {
				return err
			}
			v, err := call.GetChannelVar(ctx, "CHANNEL(state)")
			if err != nil {
				return err
			}
			app, channel, _ := strings.Cut(c.Apps()[0], ":") // of a WebSocket for one call it has the channel's name behind it
			if channel != "" && channel != start.Channel.Name {
				t.Errorf("the application is for %s, the call is %s", channel, start.Channel.Name)
			}
			answered <- strings.Join(append([]string{app}, append(start.Args, v.Value)...), " ")
			return nil // the dialplan hangs up
		})
	}
	var mux http.ServeMux
	good := &ari.Server{Username: "pbx", Password: "secret", Handler: handler}
	each := &ari.Server{Username: "pbx", Password: "secret", Handler: handler}
	mux.Handle("/forgood", good)
	mux.Handle("/foreach", each)
	server := &http.Server{Handler: &mux}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		good.Close()
		each.Close()
		_ = server.Close()
		<-served
	}()
	other := x.client(t, nil)
	for _, one := range []struct{ exten, want string }{{"always", "always one Up"}, {"once", "once two Up"}, {"once", "once two Up"}} {
		for { // until the exchange has connected
			apps, err := other.Applications.List(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if one.exten == "once" || len(apps) > 0 && apps[0].Name == "always" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if _, err := other.Channels.Originate(ctx, "Local/"+one.exten+"@test", &ari.ChannelOriginateOptions{Context: "test", Extension: "hold", Priority: 1}); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-answered:
			if got != one.want {
				t.Errorf("the call says %q, want %q", got, one.want)
			}
		case <-ctx.Done():
			t.Fatalf("nobody takes the call to %s", one.exten)
		}
		for { // the call ends, which the dialplan sees to
			channels, err := other.Channels.List(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(channels) == 0 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}
