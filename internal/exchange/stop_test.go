package exchange

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/cli"
)

const house = `[globals]
[house]
exten => ana,1,Dial(PJSIP/ana)
exten => ben,1,Dial(PJSIP/ben)
exten => ben,hint,PJSIP/ben
exten => wait,1,Answer()
same => n,Wait(600)
exten => music,1,Answer()
same => n,Playtones(440)
same => n,BackGround(demo-congrats)
same => n,WaitExten(600)
exten => local,1,Dial(Local/wait@house/n)
exten => h,1,NoOp(${CHANNEL})
`

// Whatever an exchange is doing when it is told to stop, it leaves nothing behind:
// two that live one after the other, and two at once, know nothing of each other.
func TestNothingIsLeft(t *testing.T) {
	for i := range 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			other := begin(t, house)
			k := begin(t, house)
			busy(k)
			other.end()
			k.end()
			goleak.VerifyNone(t)
		})
	}
}

// busy has the exchange do something of everything, and returns while it does.
func busy(k *trial) {
	t := k.t
	boss := k.login()
	k.login()                                                      // who only listens
	stranger, err := net.Dial("tcp", k.manager.Address().String()) // who never logs in
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stranger.Close() })
	for _, exten := range []string{"wait", "music", "local"} {
		boss.do("Action: Originate\nChannel: Local/" + exten + "@house\nApplication: Wait\nData: 600\nAsync: true")
		boss.until("Event: OriginateResponse")
	}
	console, err := cli.Dial(k.dirs.Socket, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = console.Close() })
	if err := console.SetVerbose(5); err != nil {
		t.Fatal(err)
	}
	ana, ben := k.phone("ana"), k.phone("ben")
	ana.register()
	ben.register()
	ana.call("ben")
	ben.call("music")
	k.eventually("two phones and a prompt", func() bool {
		return strings.Contains(k.execute("core show channels count"), "active channels") && len(k.bridges.All()) > 0
	})
	k.execute("dialplan reload")
	k.execute("core reload")
	transport := &http.Transport{}
	r, err := (&http.Client{Transport: transport}).Get("http://" + k.httpAddress() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	transport.CloseIdleConnections()
	for _, name := range []string{"asterisk_channels_count ", "go_goroutines ", "process_resident_memory_bytes ",
		"octothorpe_rtp_packets_received_total{technology=\"PJSIP\"} ", "octothorpe_rtp_packets_sent_total{technology=\"PJSIP\"} ",
		"octothorpe_rtp_packets_dropped_total{reason=\"undeciphered\",technology=\"PJSIP\"} "} {
		if !strings.Contains(string(text), "\n"+name) {
			t.Errorf("/metrics does not tell %s:\n%s", name, text)
		}
	}
}

// A shutdown that was taken back just as the last call ended does not begin, and
// a later one still may, once.
func TestAbortBeatsTheLastCall(t *testing.T) {
	var s stopping
	taken, cancel := context.WithCancel(context.Background())
	cancel()
	if s.begin(taken) {
		t.Error("a shutdown that was taken back begins")
	}
	if !s.begin(context.Background()) || s.begin(context.Background()) {
		t.Error("a shutdown must begin once")
	}
}
