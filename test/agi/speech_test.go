package agi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/internal/speech/speechtest"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// engines is an aeap.conf of the engines that engine serves then, on a port.
func engines(port int) string {
	return strings.ReplaceAll(speechtest.Clients, "ENGINE", fmt.Sprintf("127.0.0.1:%d", port))
}

// engine serves the speech engines of speechtest where the exchange reaches them.
func (x *exchange) engine(t *testing.T, port int) *speechtest.Server {
	t.Helper()
	s := &speechtest.Server{}
	server := &http.Server{Handler: s} //nolint:gosec // it ends with the test
	l := x.listenAt(t, fmt.Sprintf("127.0.0.1:%d", port))
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// speaks is a dialplan that tells, by the event Told, what it has heard.
const speaks = `[test]
exten => tone,1,Answer()
 same => n,Milliwatt()
exten => keys,1,Answer()
 same => n,Wait(1)
 same => n,SendDTMF(123#)
 same => n,Wait(60)
exten => none,1,SpeechCreate(nosuch)
 same => n,Set(A=${ERROR} ${SPEECH(status)} ${SPEECH_TEXT(0)})
 same => n,TryExec(SpeechStart())
 same => n,UserEvent(Told,Said: ${A} ${TRYSTATUS})
exten => hears,1,SpeechCreate(mine)
 same => n,Set(A=${ERROR}/${SPEECH(status)}${SPEECH(spoke)}${SPEECH(results)}/${SPEECH_ENGINE(mood)})
 same => n,TryExec(SpeechLoadGrammar(a,/b))
 same => n,Set(A=${A} ${TRYSTATUS})
 same => n,SpeechProcessingSound(beep)
 same => n,Set(SPEECH_ENGINE(hear)=two)
 same => n,SpeechStart()
 same => n,SpeechBackground(demo-congrats&beep,5)
 same => n,Set(A=${A} ${SPEECH(results)}: ${SPEECH_TEXT(0)}/${SPEECH_SCORE(0)}/${SPEECH_GRAMMAR(0)} ${SPEECH_TEXT(3/0)} <${SPEECH_TEXT(1)}>)
 same => n,SpeechBackground(beep,0)
 same => n,Set(A=${A} ${SPEECH(results)}<${SPEECH_TEXT(0)}>)
 same => n,SpeechDestroy()
 same => n,TryExec(SpeechDestroy())
 same => n,UserEvent(Told,Said: ${A} ${SPEECH(status)} ${TRYSTATUS})
exten => presses,1,SpeechCreate(mine)
 same => n,Set(SPEECH_DTMF_MAXLEN=2)
 same => n,SpeechBackground(demo-congrats,5)
 same => n,Set(A=${SPEECH(results)}: ${SPEECH_TEXT(0)}/${SPEECH_SCORE(0)}/${SPEECH_GRAMMAR(0)})
 same => n,Set(SPEECH_DTMF_MAXLEN=)
 same => n,SpeechBackground(demo-congrats,5)
 same => n,UserEvent(Told,Said: ${A} ${SPEECH(results)}: ${SPEECH_TEXT(0)})
`

// TestSpeech has a dialplan listen to people, by an engine that is a server.
func TestSpeech(t *testing.T) {
	port := blackbox.Port(t)
	exchanges(t, map[string]string{"extensions.conf": speaks, "aeap.conf": engines(port)}, func(t *testing.T, x *exchange) {
		engine := x.engine(t, port)
		for _, test := range []struct{ exten, peer, want string }{
			{"none", "tone", "1 0  FAILED"},
			{"hears", "tone", "/100/good FAILED 2: hello/90/gr hollow <> 0<> 0 FAILED"},
			{"presses", "keys", "1: 12/1000/dtmf 1: 3"},
		} {
			ctx := within(t)
			events := x.Subscribe(ami.SubscribeOptions{Events: []string{"UserEvent"}})
			if _, err := x.Do(ctx, ami.Action("Originate", "Channel", "Local/"+test.peer+"@test", "Context", "test", "Exten", test.exten, "Priority", "1", "Async", "true")); err != nil {
				t.Fatal(err)
			}
			m, err := events.Next(ctx)
			events.Close()
			if err != nil {
				t.Fatalf("%s does not end: %v", test.exten, err)
			}
			if got := m.Get("Said"); got != test.want {
				t.Errorf("%s: %q, want %q", test.exten, got, test.want)
			}
		}
		if n := engine.Sound(); n < speechtest.Enough {
			t.Errorf("the engine has heard %d bytes", n)
		}
		shown, err := x.Command(within(t), "aeap show client mine")
		if err != nil || !strings.Contains(shown, "client: mine\n\t@language: en-US\n\tcodecs: (ulaw)\n\tprotocol: speech_to_text\n") {
			t.Errorf("shown is %q, %v", shown, err)
		}
	})
}
