package exchange

import (
	"net"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A client of AMI that asks for every event and reads none is cut off. Until then
// and after, calls go on, and who reads is told everything.
func TestStalledClientHarmsNobody(t *testing.T) {
	const most = 64 << 20 // bytes; the queue of a client is 4 MiB; the rest is what the collector has not seen yet
	k := begin(t, `[house]
exten => busy,1,While(1)
same => n,Set(A=`+strings.Repeat("x", 4000)+`)
same => n,EndWhile()
exten => fine,1,Set(GLOBAL(FINE)=$[0${GLOBAL(FINE)}+1])
`)
	stalled, err := net.Dial("tcp", k.manager.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	defer stalled.Close()
	_ = stalled.(*net.TCPConn).SetReadBuffer(4096)
	if _, err := stalled.Write([]byte("Action: Login\r\nUsername: boss\r\nSecret: secret\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	k.eventually("the client that will not read is logged in", func() bool { return len(k.manager.Sessions()) == 1 })
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	k.execute("channel originate Local/busy@house/n application Wait 600")
	calls := 0
	fine := func() {
		calls++
		began := time.Now()
		k.execute("channel originate Local/fine@house/n application Wait 0")
		k.eventually("a call beside the stalled client", func() bool { return k.global("FINE") == strconv.Itoa(calls) })
		if took := time.Since(began); took > patient/2 {
			t.Errorf("call %d took %v", calls, took)
		}
	}
	for end := time.Now().Add(2 * time.Minute); k.manager.Slow() == 0 && time.Now().Before(end); {
		fine()
		if now := heap(); now > before+most {
			t.Fatalf("the heap grew from %d to %d bytes, want at most %d more", before, now, most)
		}
	}
	k.eventually("the stalled client is cut off", func() bool { return k.manager.Slow() == 1 && len(k.manager.Sessions()) == 0 })
	for range 3 {
		fine()
	}
	if !strings.Contains(k.logged(), "the client does not read its events") {
		t.Error("the log does not say why the client was disconnected")
	}
	boss := k.login()
	boss.do("Action: Ping")
	boss.until("Ping: Pong")
	t.Logf("%d calls beside it; the heap grew by %d KiB", calls, (int64(heap())-int64(before))>>10)
	k.end()
}
