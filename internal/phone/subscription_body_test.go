package phone

import (
	"regexp"
	"testing"

	"github.com/octothorpe/octothorpe/internal/state"
)

// The bodies are as Asterisk 22.10.1 sends them.
func TestBodiesOfExtensions(t *testing.T) {
	const xmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	const pidfHead = xmlHead + `<presence entity="sip:lamp@127.0.0.1:5060" xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid">` + "\n"
	const idle, busy = " <dm:person />\n", " <dm:person>\n  <rpid:activities>\n   <rpid:on-the-phone />\n  </rpid:activities>\n </dm:person>\n"
	pidf := func(note, basic, person string) string {
		return pidfHead + " <note>" + note + "</note>\n <tuple id=\"lamp\">\n  <status>\n   <basic>" + basic +
			"</basic>\n  </status>\n  <contact priority=\"1\">sip:alice@127.0.0.1</contact>\n </tuple>\n" + person + "</presence>\n"
	}
	xpidf := func(status, sub string) string {
		return xmlHead + "<presence>\n <presentity uri=\"sip:lamp@127.0.0.1:5060;method=SUBSCRIBE\" />\n <atom atomid=\"ID\" id=\"lamp\">\n" +
			"  <address uri=\"sip:alice@127.0.0.1;user=ip\" priority=\"0.80000\">\n   <status status=\"" + status +
			"\" />\n   <msnsubstatus substatus=\"" + sub + "\" />\n  </address>\n </atom>\n</presence>\n"
	}
	dialog := func(open, inner string) string {
		return xmlHead + `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="2" state="full" entity="sip:lamp@127.0.0.1:5060">` +
			"\n <dialog id=\"lamp\"" + open + ">\n" + inner + " </dialog>\n</dialog-info>\n"
	}
	early := dialog(` direction="recipient"`, "  <local>\n   <identity>sip:lamp@127.0.0.1:5060</identity>\n   <target uri=\"sip:lamp@127.0.0.1:5060\" />\n"+
		"  </local>\n  <state>early</state>\n")
	confirmed := dialog("", "  <state>confirmed</state>\n")
	held := dialog("", "  <state>confirmed</state>\n  <local>\n   <target uri=\"sip:lamp@127.0.0.1:5060\">\n"+
		"    <param pname=\"+sip.rendering\" pvalue=\"no\" />\n   </target>\n  </local>\n")
	terminated := dialog("", "  <state>terminated</state>\n")
	atom := regexp.MustCompile(`atomid="[0-9a-f-]{36}"`)
	for _, c := range []struct{ device, pidf, xpidf, dialog string }{
		{state.NotInUse, pidf("Ready", "open", idle), xpidf("open", "online"), terminated},
		{state.InUse, pidf("On the phone", "open", busy), xpidf("inuse", "onthephone"), confirmed},
		{state.Busy, pidf("On the phone", "open", busy), xpidf("inuse", "onthephone"), confirmed},
		{state.Ringing, pidf("Ringing", "open", busy), xpidf("inuse", "onthephone"), early},
		{state.RingInUse, pidf("Ringing", "open", busy), xpidf("inuse", "onthephone"), confirmed},
		{state.OnHold, pidf("On hold", "open", busy), xpidf("inuse", "onthephone"), held},
		{state.Unavailable, pidf("Unavailable", "closed", idle), xpidf("closed", "offline"), terminated},
	} {
		v := extensionView{exten: "lamp", state: state.Extension(c.device), local: "sip:lamp@127.0.0.1:5060", remote: "sip:alice@127.0.0.1", version: 2}
		for kind, want := range map[string]string{typePIDF: c.pidf, typeXPIDF: c.xpidf, typeCPIM: c.xpidf, typeDialogInfo: c.dialog} {
			if got := atom.ReplaceAllString(string(v.body(kind)), `atomid="ID"`); got != want {
				t.Errorf("%s as %s:\n%s\nwant\n%s", c.device, kind, got, want)
			}
		}
		if v.early = true; c.device == state.RingInUse && string(v.dialogInfo()) != early {
			t.Errorf("notify_early_inuse_ringing: %s", v.dialogInfo())
		}
	}
	v := extensionView{exten: "lamp", state: state.Extension(state.NotInUse), local: "sip:lamp@127.0.0.1:5060", remote: "sip:alice@127.0.0.1",
		digium: true, presence: state.Presence{Status: "away", Subtype: "sub", Message: "msg <text>"}}
	want := pidf("Ready", "open", idle+" <tuple id=\"digium-presence\">\n  <status>\n   <digium_presence type=\"away\" subtype=\"sub\">msg &lt;text&gt;</digium_presence>\n  </status>\n </tuple>\n")
	if got := string(v.pidf()); got != want {
		t.Errorf("of a Digium phone:\n%s\nwant\n%s", got, want)
	}
}

func TestMessageSummary(t *testing.T) {
	for _, c := range []struct {
		counts  state.Counts
		account string
		want    string
	}{
		{state.Counts{}, "", "Messages-Waiting: no\r\nVoice-Message: 0/0 (0/0)\r\n"},
		{state.Counts{New: 3, Old: 1}, "sip:*97@127.0.0.1:5060", "Messages-Waiting: yes\r\nMessage-Account: sip:*97@127.0.0.1:5060\r\nVoice-Message: 3/1 (0/0)\r\n"},
	} {
		if got := string(messageSummary(c.counts, c.account)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.counts, got, c.want)
		}
	}
}

func TestWhoCallsIsTold(t *testing.T) {
	v := extensionView{exten: "100", state: state.Extension(state.Ringing), local: "sip:100@127.0.0.1:5060", remote: "sip:dave@127.0.0.1", version: 1,
		host: "127.0.0.1", caller: &ringingBy{name: "Erin X", number: "777", called: "ring"}}
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:100@127.0.0.1:5060">
 <dialog id="100" direction="recipient">
  <remote>
   <identity display="Erin X">sip:777@127.0.0.1</identity>
   <target uri="sip:777@127.0.0.1" />
  </remote>
  <local>
   <identity>sip:ring@127.0.0.1</identity>
   <target uri="sip:100@127.0.0.1:5060" />
  </local>
  <state>early</state>
 </dialog>
</dialog-info>
`
	if got := string(v.dialogInfo()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
