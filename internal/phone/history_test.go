package phone

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

func exchanged(d *Driver) {
	way := sip.Source{Transport: &sip.Transport{Network: "udp"}, Remote: netip.MustParseAddrPort("127.0.0.1:5090"), Local: netip.MustParseAddrPort("127.0.0.9:5060")}
	d.traced(false, way, []byte("OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nCall-ID: q1@h\r\nCSeq: 1 OPTIONS\r\n\r\n"))
	d.traced(true, way, []byte("SIP/2.0 401 Unauthorized\r\ni: q1@h\r\nCSeq: 1 OPTIONS\r\n\r\n"))
	way.Remote = netip.MustParseAddrPort("[2001:db8::5]:5060")
	d.traced(true, way, []byte("INVITE sip:y@h SIP/2.0\r\nCall-ID: z\r\nCSeq: 1 INVITE\r\n\r\n"))
}

// The history of messages, with the texts of Asterisk 22.
func TestHistoryShowsWhatIsAskedFor(t *testing.T) {
	m, _ := load(t, PJSIP, "")
	d := New(Config{Model: m})
	if got, _ := run(t, d, "pjsip set history on"); got != "PJSIP History enabled\n" {
		t.Errorf("on: %q", got)
	}
	exchanged(d)
	const head = "No.   Timestamp  (Dir) Address                  SIP Message                        \n" +
		"===== ========== ============================== ===================================\n"
	const first, second, third = "00000 T * <== 127.0.0.1:5090           OPTIONS sip:x@127.0.0.1 SIP/2.0\n",
		"00001 T * ==> 127.0.0.1:5090           SIP/2.0 401 Unauthorized\n", "00002 T * ==> [2001:db8::5]:5060       INVITE sip:y@h SIP/2.0\n"
	const whole = "<--- History Entry 0 Received from 127.0.0.1:5090 at T --->\nOPTIONS sip:x@127.0.0.1 SIP/2.0\nCall-ID: q1@h\nCSeq: 1 OPTIONS\n\n\n"
	for line, want := range map[string]string{
		"pjsip show history":                                  head + first + second + third,
		"pjsip show history entry 0":                          whole,
		"pjsip show history entry 99":                         "Entry '99' does not exist\nCommand 'pjsip show history entry 99' failed.\n",
		"pjsip show history entry abc":                        "'abc' is not a valid entry number\nCommand 'pjsip show history entry abc' failed.\n",
		"pjsip show history foo":                              "usage",
		"pjsip show history where number = 0":                 whole,
		"pjsip show history where sip.msg.call-id like q1":    head + first + second,
		"pjsip show history where (number = 0 or number > 1)": head + first + third,
		"pjsip show history where not addr = 127.0.0.1:5090 or sip.msg.request.method = OPTIONS": head + first + third,
		"pjsip show history where number < 2 and number != 5":                                    head + first + second,
		"pjsip show history where blah = 1":                                                      "\nCommand 'pjsip show history where blah = 1' failed.\n",
		"pjsip show history where number >":                                                      "\nCommand 'pjsip show history where number >' failed.\n",
		"pjsip show history where (number = 1":                                                   "\nCommand 'pjsip show history where (number = 1' failed.\n",
	} {
		got, _ := run(t, d, line)
		for _, e := range d.trace.history.all() {
			got = strings.ReplaceAll(got, e.field("timestamp"), "T")
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", line, got, want)
		}
	}
	run(t, d, "pjsip set history off")
	exchanged(d)
	if n := len(d.trace.history.all()); n != 3 {
		t.Errorf("%d messages are kept after the history was switched off, want 3", n)
	}
	run(t, d, "pjsip set history clear")
	if got, _ := run(t, d, "pjsip show history"); got != head {
		t.Errorf("after clear: %q", got)
	}
}

// A history that nobody clears forgets the oldest.
func TestHistoryIsBounded(t *testing.T) {
	d := New(Config{Model: newModel(PJSIP)})
	d.trace.history.recording.Store(true)
	for range historyLimit/3 + 2 {
		exchanged(d)
	}
	list := d.trace.history.all()
	if len(list) != historyLimit || list[0].number != d.trace.history.next-historyLimit || list[len(list)-1].number != d.trace.history.next-1 {
		t.Errorf("%d messages from %d to %d of %d", len(list), list[0].number, list[len(list)-1].number, d.trace.history.next)
	}
}

// Whose messages are shown follows hosts, nets and methods, one after the other.
func TestLoggerChoosesMessages(t *testing.T) {
	m, _ := load(t, PJSIP, "")
	shown := ""
	d := New(Config{Model: m, Hooks: Hooks{Console: func(text string) { shown += text[strings.Index(text, ">\n")+2:][:7] + " " }}})
	for _, step := range []struct{ line, says, shows string }{
		{"pjsip set logger on", "PJSIP Logging enabled\n", "OPTIONS SIP/2.0 INVITE  "},
		{"pjsip set logger host 10.0.0.0/8", "PJSIP Logging Enabled for host: 10.0.0.0/8\n", ""},
		{"pjsip set logger add 127.0.0.1", "PJSIP Logging Enabled for host: 127.0.0.1\n", "OPTIONS SIP/2.0 "},
		{"pjsip set logger method INVITE", "PJSIP Logging Enabled for SIP Methods: INVITE\n", ""},
		{"pjsip set logger add 2001:db8::/32", "PJSIP Logging Enabled for host: 2001:db8::/32\n", "INVITE  "},
		{"pjsip set logger methodadd options", "PJSIP Logging Enabled for SIP Methods: INVITE, options\n", "OPTIONS SIP/2.0 INVITE  "},
		{"pjsip set logger verbose off", "PJSIP Logging to verbose has been disabled\n", ""},
		{"pjsip set logger verbose on", "PJSIP Logging to verbose has been enabled\n", "OPTIONS SIP/2.0 INVITE  "},
		{"pjsip set logger off", "PJSIP Logging disabled\n", ""},
		{"pjsip set logger method", "usage", ""},
		{"pjsip set logger on now", "usage", ""},
	} {
		if got, _ := run(t, d, step.line); got != step.says {
			t.Errorf("%s says %q, want %q", step.line, got, step.says)
		}
		shown = ""
		exchanged(d)
		if shown != step.shows {
			t.Errorf("after %s: %q is shown, want %q", step.line, shown, step.shows)
		}
	}
}

// The file of packets is one that other programs read: lengths and checksums hold.
func TestLoggerWritesPackets(t *testing.T) {
	m, _ := load(t, PJSIP, "")
	d := New(Config{Model: m})
	path := filepath.Join(t.TempDir(), "x.pcap")
	if got, _ := run(t, d, "pjsip set logger pcap "+path); got != "PJSIP logging to pcap file '"+path+"'\n" {
		t.Error(got)
	}
	run(t, d, "pjsip set logger verbose off")
	d.traceAll()
	exchanged(d)
	d.traceNone()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := binary.LittleEndian.Uint32(data[20:]); got != linkTypeRaw {
		t.Errorf("link type %d", got)
	}
	data = data[24:]
	var texts []string
	for len(data) > 0 {
		n := binary.LittleEndian.Uint32(data[8:])
		packet := data[16 : 16+n]
		data = data[16+n:]
		head, addresses := 20, packet[12:20]
		if packet[0]>>4 == 6 {
			head, addresses = 40, packet[8:40]
		} else if onesSum(packet[:20], 0) != 0xffff {
			t.Error("the checksum of an IP header is wrong")
		}
		udp := packet[head:]
		if int(binary.BigEndian.Uint16(udp[4:])) != len(udp) || onesSum(udp, uint32(onesSum(addresses, uint32(17+len(udp))))) != 0xffff {
			t.Error("length or checksum of a datagram is wrong")
		}
		texts = append(texts, string(udp[8:15]))
	}
	if got := strings.Join(texts, ","); got != "OPTIONS,SIP/2.0,INVITE " {
		t.Errorf("packets %q", got)
	}
}
