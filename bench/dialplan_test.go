package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/exchange"
)

// turns is how often the loop is gone round in one operation; each is seven
// priorities: While, five Set, EndWhile.
const turns = 100_000

const priorities = 7 * turns

const loop = `[general]
[bench]
exten => loop,1,Set(I=0)
 same => n,While($[${I} < %d])
 same => n,Set(I=${MATH(${I}+1,int)})
 same => n,Set(A=some text ${I})
 same => n,Set(L=${LEN(${A})})
 same => n,Set(S=${A:5:4})
 same => n,Set(B=${S}${L})
 same => n,EndWhile
 same => n,Set(DB(bench/done)=1)
 same => n,Hangup
exten => wait,1,Answer
 same => n,Wait(3600)
exten => call,1,Answer
 same => n,Hangup
`

const port = "25038"

// begin starts an exchange in a folder of its own.
func begin(b *testing.B) *exchange.Exchange {
	b.Helper()
	dir := b.TempDir()
	for name, text := range map[string]string{
		"extensions.conf": fmt.Sprintf(loop, turns),
		"manager.conf":    "[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=" + port + "\n[bench]\nsecret=bench\nread=all\nwrite=all\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	x, err := exchange.New(exchange.Options{State: dir, Version: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	if err := x.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Stop(exchange.Now, false); x.Wait() })
	return x
}

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ask(b *testing.B, x *exchange.Exchange, line string) string {
	b.Helper()
	var out bytes.Buffer
	_ = x.Execute(context.Background(), line, &out)
	return out.String()
}

func BenchmarkDialplan(b *testing.B) {
	b.Run("nobody listens", func(b *testing.B) { goRound(b, begin(b)) })
	b.Run("one AMI listener", func(b *testing.B) {
		x := begin(b)
		listen(b)
		goRound(b, x)
	})
}

func goRound(b *testing.B, x *exchange.Exchange) {
	for b.Loop() {
		ask(b, x, "database del bench done")
		before := cpu()
		ask(b, x, "channel originate Local/wait@bench/n extension loop@bench")
		for !strings.Contains(ask(b, x, "database get bench done"), "Value: 1") {
			time.Sleep(5 * time.Millisecond)
		}
		b.ReportMetric(float64(cpu()-before)/priorities, "cpu-ns/priority")
		ask(b, x, "channel request hangup all")
	}
}

// listen connects an AMI client that reads and forgets all events.
func listen(b *testing.B) {
	b.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "Action: Login\r\nUsername: bench\r\nSecret: bench\r\n\r\n")
	r := bufio.NewReaderSize(conn, 1<<16)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		if strings.HasPrefix(line, "Message: Authentication accepted") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
}

// BenchmarkLocalCall is a Local channel that is originated, answered and hung up.
func BenchmarkLocalCall(b *testing.B) {
	x := begin(b)
	before := cpu()
	n := 0
	for b.Loop() {
		ask(b, x, "channel originate Local/call@bench/n extension call@bench")
		n++
		for n%50 == 0 && !strings.HasPrefix(ask(b, x, "core show channels count"), "0 active channels") {
			time.Sleep(time.Millisecond)
		}
	}
	for !strings.HasPrefix(ask(b, x, "core show channels count"), "0 active channels") {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(cpu()-before)/float64(n)/1e3, "cpu-µs/call")
}
