package hep

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// read is a file of the configuration.
func read(t *testing.T, text string) (*Settings, []config.Diagnostic) {
	t.Helper()
	f, err := config.Parse(File, []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Read(f)
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		text  string
		sends bool
		wrong int
	}{
		{"[general]\ncapture_address = 127.0.0.1:9060\n", true, 0},
		{"[general]\nenabled = no\ncapture_address = 127.0.0.1:9060\n", false, 0},
		{"[general]\n", false, 1},
		{"[general]\ncapture_address = somewhere\n", false, 1},
		{"[general]\ncapture_address = [::1]:9060\nuuid_type = channel\ncapture_id = 4294967295\n", true, 0},
		{"[general]\ncapture_address = 127.0.0.1:9060\ncapture_id = x\nuuid_type = call\ncapture = 1\n", true, 3},
		{"", false, 0},
	} {
		s, problems := read(t, c.text)
		if (s != nil) != c.sends || len(problems) != c.wrong {
			t.Errorf("%q: settings %v, problems %v", c.text, s, problems)
		}
	}
	if s, _ := read(t, "[general]\ncapture_address = [::1]:9060\nuuid_type = channel\n"); !s.ByChannel {
		t.Error("uuid_type = channel has no effect")
	}
}

// As Asterisk 22 sent it for a call: the head of a request, and reports.
func TestPackets(t *testing.T) {
	s, _ := read(t, "[general]\ncapture_address = 127.0.0.1:9060\ncapture_password = foo\ncapture_id = 1234\ncapture_name = here\n")
	const correlation = "1-26923@127.0.0.1"
	p := &Packet{From: netip.MustParseAddrPort("127.0.0.1:5092"), To: netip.MustParseAddrPort("127.0.0.1:5060"), Protocol: SIP,
		At: time.Unix(0x6b033df4, 0xba090*1000), Correlation: correlation, Payload: []byte("INVITE")}
	want := "48455033" + "0093" + "00000001000702" + "00000002000711" + "00000007000813e4" + "00000008000813c4" + "00000009000a6b033df4" +
		"0000000a000a000ba090" + "0000000b000701" + "0000000c000a000004d2" + "00000003000a7f000001" + "00000004000a7f000001" +
		"0000000e0009" + hex.EncodeToString([]byte("foo")) + "000000110017" + hex.EncodeToString([]byte(correlation)) +
		"00000013000a" + hex.EncodeToString([]byte("here")) + "0000000f000c" + hex.EncodeToString([]byte("INVITE"))
	if got := hex.EncodeToString(Append(nil, s, p)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r := Report{SSRC: 1875992547, Type: 200, Sender: &Sent{1795374679, 857270, 15840, 99, 15840},
		Blocks: []Block{{SSRC: 977132554, Highest: 1288, LastSR: 3168197483, Delay: 65470}}}
	const report = `{"ssrc":1875992547,"type":200,"report_count":1,"sender_information":{"ntp_timestamp_sec":"1795374679","ntp_timestamp_usec":"857270",` +
		`"rtp_timestamp":15840,"packets":99,"octets":15840},"report_blocks":[{"source_ssrc":977132554,"fraction_lost":0,"packets_lost":0,` +
		`"highest_seq_no":1288,"ia_jitter":0,"lsr":"3168197483","dlsr":65470}]}`
	if got := string(r.JSON()); got != report {
		t.Errorf("got  %s\nwant %s", got, report)
	}
	if got, want := string((&Report{SSRC: 1, Type: 201}).JSON()), `{"ssrc":1,"type":201,"report_count":0,"report_blocks":[]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestIPv6AndTCP(t *testing.T) {
	s, _ := read(t, "[general]\ncapture_address = 127.0.0.1:9060\n")
	at := netip.MustParseAddrPort("[2001:db8::1]:5061")
	got := Append(nil, s, &Packet{From: at, To: at, TCP: true, Protocol: SIP})
	for _, want := range []string{"0000000100070a", "00000002000706", "00000005001620010db8000000000000000000000001", "00000006001620010db8000000000000000000000001"} {
		if !strings.Contains(hex.EncodeToString(got), want) {
			t.Errorf("%x lacks %s", got, want)
		}
	}
	if int(binary.BigEndian.Uint16(got[4:])) != len(got) {
		t.Errorf("the length is %d, want %d", binary.BigEndian.Uint16(got[4:]), len(got))
	}
}

// A stream that does not stand yet has no address of ours.
func TestPacketOfNoAddress(t *testing.T) {
	s, _ := read(t, "[general]\ncapture_address = 127.0.0.1:9060\n")
	for to, want := range map[string]string{"192.0.2.1:5060": "00000003000a00000000" + "00000004000ac0000201", "[2001:db8::1]:5060": "000000050016" + strings.Repeat("0", 32)} {
		got := hex.EncodeToString(Append(nil, s, &Packet{To: netip.MustParseAddrPort(to), Protocol: SIP, Payload: []byte("INVITE")}))
		if !strings.Contains(got, want) {
			t.Errorf("to %s: %s has no %s", to, got, want)
		}
	}
}
