package phone

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// What chan_sip of Asterisk 16 notes of a call that it makes, and one that it takes.
func TestSIPHistory(t *testing.T) {
	d, legs := exchanging(t, SIP, "recordhistory=yes\nallow=!all,ulaw\n[trunk]\ntype=friend\nhost=dynamic\ncontext=public\ninsecure=invite,port\n")
	if got, _ := run(t, d, "sip show settings"); !strings.Contains(got, "  Record SIP history:     On\n") {
		t.Error("recordhistory is not shown as on")
	}
	p := newSoftphone(t, d)
	p.invite("100", "nobody")
	leg := ended(t, <-legs)
	if err := leg.Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.answered(1)
	p.within(ok, sip.Ack)
	p.within(ok, sip.Bye)
	p.answered(2)
	<-leg.LegContext().Done()
	leg.Hangup(channel.CauseNormalClearing)
	leg.End()
	got, _ := run(t, d, "sip show history "+p.callID)
	head := "\n  * SIP Call\n1. Rx              INVITE / 1 INVITE / sip:100@127.0.0.1\n"
	if !strings.HasPrefix(got, head) {
		t.Errorf("history begins\n%s\nwant\n%s", got, head)
	}
	for _, want := range []string{". NewChan         Channel SIP/", ". TxResp          SIP/2.0 / 1 INVITE - 100 Trying\n", ". TxRespRel       SIP/2.0 / 1 INVITE - 200 OK\n",
		". Rx              ACK / ", ". TxResp          SIP/2.0 / 2 BYE - 200 OK\n", ". Hangup          Cause "} {
		if !strings.Contains(got, want) {
			t.Errorf("history lacks %q:\n%s", want, got)
		}
	}
	if got, _ := run(t, d, "sip show history nothing"); got != "No such SIP Call ID starting with 'nothing'\n" {
		t.Error(got)
	}
	if got, _ := run(t, d, "sip set history off"); got != "SIP History Recording Disabled\n" {
		t.Error(got)
	}
	if got, _ := run(t, d, "sip show history nothing"); got != "\n***Note: History recording is currently DISABLED.  Use 'sip set history on' to ENABLE.\nNo such SIP Call ID starting with 'nothing'\n" {
		t.Error(got)
	}
}

// The words for what goes out, comes in and is sent again; long lines are cut, and
// neither a dialog nor their number grows without end.
func TestSIPHistoryIsBounded(t *testing.T) {
	var h dialogHistories
	h.recording.Store(true)
	invite := []byte("INVITE sip:bb@127.0.0.5 SIP/2.0\r\nCall-ID: a\r\nCSeq: 102 INVITE\r\n\r\n")
	h.message(true, invite)
	h.message(true, invite)
	h.message(false, []byte("SIP/2.0 180 Ringing\r\nCall-ID: a\r\nCSeq: 102 INVITE\r\n\r\n"))
	h.message(true, []byte("ACK sip:bb@127.0.0.5 SIP/2.0\r\nCall-ID: a\r\nCSeq: 102 ACK\r\n\r\n"))
	h.note("a", "Note", "%s", strings.Repeat("x", 200))
	want := []string{"TxReqRel        INVITE / 102 INVITE - INVITE", "ReTx            INVITE sip:bb@127.0.0.5 SIP/2.0",
		"Rx              SIP/2.0 / 102 INVITE / 180 Ringing", "TxReq           ACK / 102 ACK - ACK", "Note            " + strings.Repeat("x", dialogColumn-16)}
	if got := h.of("a")[0]; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i := range dialogsKept {
		h.note(fmt.Sprint("b", i), "Note", "first")
	}
	if len(h.of("a")) != 0 || len(h.of("b")) != dialogsKept {
		t.Errorf("%d of the old dialog, %d of the new", len(h.of("a")), len(h.of("b")))
	}
	for range 2 * dialogLines {
		h.note("b1", "Note", "more")
	}
	if got := h.of("b1")[0]; len(got) != dialogLines {
		t.Errorf("a dialog has %d lines", len(got))
	}
}

func TestPruneRealtime(t *testing.T) {
	m, _ := load(t, SIP, "[alice]\ntype=friend\nhost=dynamic\n")
	d := New(Config{Model: m})
	for line, want := range map[string]string{
		"sip prune realtime":             "usage",
		"sip prune realtime all":         "No peers found to prune.\n",
		"sip prune realtime peer all":    "No peers found to prune.\n",
		"sip prune realtime like a":      "No peers found to prune.\n",
		"sip prune realtime all like":    "usage",
		"sip prune realtime alice":       "Peer 'alice' is not a Realtime peer, cannot be pruned.\n",
		"sip prune realtime peer alice":  "Peer 'alice' is not a Realtime peer, cannot be pruned.\n",
		"sip prune realtime peer nobody": "Peer 'nobody' not found.\n",
	} {
		if got, _ := run(t, d, line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
