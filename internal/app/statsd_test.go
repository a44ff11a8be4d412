package app

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

func TestFigures(t *testing.T) {
	for data, want := range map[string]string{
		"g,nominal.foo,1,1": "nominal.foo:1|g", "s,bar,2": "bar:2|s", "ms,baz,3,1": "baz:3|ms", "c,last,4": "last:4|c",
		"g,foo,-2": "foo:-2|g", "c,foo,5,0.25": "foo:5|c|@0.25", "m,foo,5": "foo:5|m",
		"": "", "b,foo,2": "", "g,foo,2,a": "", "g,foo,*": "", "g,foo|,2": "", ",foo,2": "", "g,foo,": "", "g,,2": "", "c,foo,-2": "", "g,foo,2,0": "",
	} {
		got, _, err := figure(data)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("StatsD(%s) is %q with the error %v, want %q", data, got, err, want)
		}
	}
}

func TestStatsDIsSent(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	f, err := config.Parse("statsd.conf", []byte("[general]\nenabled=yes\nserver="+server.LocalAddr().String()+"\nprefix=pbx\nadd_newline=yes\nmeter_support=no\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, problems := ReadStatsD(f)
	if len(problems) > 0 {
		t.Error(problems)
	}
	x := newExchange(t, "[test]\nexten => s,1,NoOp()\n")
	if err := x.ConfigureStatsD(s); err != nil {
		t.Fatal(err)
	}
	c := x.idle(t, &testLeg{})
	var got []string
	for _, data := range []string{"m,calls,1", "g,foo,*", "ms,time,7"} {
		if err := x.statsD(t.Context(), c, data); err != nil {
			t.Error(err)
		}
	}
	buffer := make([]byte, 100)
	_ = server.SetReadDeadline(time.Now().Add(10 * time.Second))
	for range 2 {
		n, _, err := server.ReadFrom(buffer)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(buffer[:n]))
	}
	if want := "pbx.calls:1|c\n pbx.time:7|ms\n"; strings.Join(got, " ") != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	if err := x.ConfigureStatsD(&StatsD{}); err != nil {
		t.Error(err)
	}
	c.End()
	if err := x.Channels.Shutdown(t.Context(), 16); err != nil {
		t.Error(err)
	}
}
