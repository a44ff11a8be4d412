package openflow

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "ask ovs-ofctl anew what it reads in our messages")

const printed = "testdata/printed.txt"

// What we write is, byte for byte, what Open vSwitch was seen to understand, and
// reading it gives the message again.
func TestMessagesAreWhatOpenVSwitchReads(t *testing.T) {
	all := samples()
	if *update {
		record(t, all)
	}
	want := transcripts(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b, err := Append([]byte("before"), 7, all[name])
		if err != nil {
			t.Fatal(name, err)
		}
		b = b[len("before"):]
		if got := hex.EncodeToString(b); got != want[name].hex {
			t.Errorf("%s: wrote\n%s, recorded\n%s", name, got, want[name].hex)
		}
		xid, m, err := Decode(b)
		if err != nil || xid != 7 {
			t.Errorf("%s: %v, xid %d", name, err, xid)
		} else if !reflect.DeepEqual(m, all[name]) {
			t.Errorf("%s: read\n%+v, want\n%+v", name, m, all[name])
		}
	}
	if len(want) != len(all) {
		t.Errorf("%d transcripts for %d samples: run with -update", len(want), len(all))
	}
}

// The same against the ovs-ofctl that is installed here, if there is one.
func TestOpenVSwitchHere(t *testing.T) {
	if _, err := exec.LookPath("ovs-ofctl"); err != nil {
		t.Skip("no ovs-ofctl here")
	}
	for name, w := range transcripts(t) {
		if got := ask(t, w.hex); got != w.text {
			t.Errorf("%s: ovs-ofctl reads\n%s\nrecorded\n%s", name, got, w.text)
		}
	}
}

type transcript struct{ hex, text string }

func transcripts(t *testing.T) map[string]transcript {
	f, err := os.Open(printed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]transcript{}
	s := bufio.NewScanner(f)
	name := ""
	for s.Scan() {
		if rest, ok := strings.CutPrefix(s.Text(), "== "); ok {
			var h string
			name, h, _ = strings.Cut(rest, " ")
			all[name] = transcript{hex: h}
			continue
		}
		one := all[name]
		one.text += s.Text() + "\n"
		all[name] = one
	}
	return all
}

func ask(t *testing.T, message string) string {
	out, err := exec.Command("ovs-ofctl", "-O", "OpenFlow13", "ofp-print", message).CombinedOutput()
	if err != nil {
		t.Errorf("ovs-ofctl: %v %s", err, out)
	}
	var kept strings.Builder
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "|WARN|") && !strings.Contains(line, "|INFO|") { // they have the time in them
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func record(t *testing.T, all map[string]Message) {
	var out bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b, err := Append(nil, 7, all[name])
		if err != nil {
			t.Fatal(err)
		}
		h := hex.EncodeToString(b)
		fmt.Fprintf(&out, "== %s %s\n%s", name, h, ask(t, h))
	}
	if err := os.WriteFile(printed, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Nothing that comes makes it panic, and what it understands it can write again.
func FuzzDecode(f *testing.F) {
	for _, m := range samples() {
		b, _ := Append(nil, 1, m)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		xid, m, err := Decode(b)
		if err != nil {
			return
		}
		first, err := Append(nil, xid, m)
		if err != nil {
			return // padding that was missing may make it too long
		}
		_, again, err := Decode(first)
		if err != nil {
			t.Fatalf("%x was read, and written as %x, which is not: %v", b, first, err)
		}
		second, err := Append(nil, xid, again)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("written twice: %x, %x (%v)", first, second, err)
		}
	})
}

func TestWhatIsTooLongIsRefused(t *testing.T) {
	b, err := Append([]byte{1}, 1, &EchoRequest{Data: make([]byte, MaxLen)})
	if err != ErrTooLong || len(b) != 1 {
		t.Errorf("got %v and %d bytes", err, len(b))
	}
}

func TestDecodeKeepsNothingOfTheBuffer(t *testing.T) {
	for name, m := range samples() {
		b, _ := Append(nil, 7, m)
		_, got, err := Decode(b)
		for i := range b {
			b[i] = 0xff
		}
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s changed with its buffer", name)
		}
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	m := samples()["flow-mod"]
	b := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { b, _ = Append(b[:0], 1, m) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppendFlowMod(b *testing.B) {
	m, buf := samples()["flow-mod"], make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = Append(buf[:0], 1, m)
	}
}

func BenchmarkDecodePacketIn(b *testing.B) {
	buf, _ := Append(nil, 1, samples()["packet-in"])
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Decode(buf); err != nil {
			b.Fatal(err)
		}
	}
}
