package app

import (
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/local"
)

const trunk = `
[send]
exten => mf1,1,Answer()
same => n,SendMF(*123#)
exten => mf2,1,Answer()
same => n,SendMF(**12A)
exten => mf3,1,Answer()
same => n,SendMF(12*3*4####)
exten => mf4,1,Answer()
same => n,Wait(1)
same => n,SendMF(*4w5#,100,80,200,90)
exten => sf1,1,Answer()
same => n,SendSF(1250)
same => n,Wait(2)
exten => sf2,1,Answer()
same => n,SendSF(39,2400)
same => n,Wait(2)
exten => none,1,Answer()
same => n,Wait(60)
exten => _X!,1,Hangup()
[test]
exten => start,1,Dial(Local/SENDER@send/n,,gG(test^ear^1))
exten => ear,1,Goto(bye,1)
same => n,LISTEN
same => n,NoOp(${digits} ${RECEIVEMFSTATUS}${RECEIVESFSTATUS})
same => n,Hangup()
exten => bye,1,Wait(100)
`

// TestTrunkDigits has a leg read what another sends.
func TestTrunkDigits(t *testing.T) {
	for _, test := range []struct{ sender, receive, want string }{
		{"mf1", "ReceiveMF(digits)", "*123# START"},
		{"mf2", "ReceiveMF(digits)", "**12A START"},
		{"mf3", "ReceiveMF(digits)", "*3*4# START"},
		{"mf3", "ReceiveMF(digits,,l)", "12*3*4# START"},
		{"mf3", "ReceiveMF(digits,,kos)", "4 START"},
		{"mf3", "ReceiveMF(digits,,n(2)k)", "34 MAXDIGITS"},
		{"mf4", "ReceiveMF(digits)", "*45# START"},
		{"none", "ReceiveMF(digits,2)", " TIMEOUT"},
		{"sf1", "ReceiveSF(digits,4)", "1250 MAXDIGITS"},
		{"sf1", "ReceiveSF(digits,,,,t(1.5))", "1250 TIMEOUT"},
		{"sf2", "ReceiveSF(digits,2,,2400)", "39 MAXDIGITS"},
		{"sf2", "ReceiveSF(digits,2,2)", " TIMEOUT"},
	} {
		t.Run(test.sender+" "+test.receive, func(t *testing.T) {
			text := strings.NewReplacer("SENDER", test.sender, "LISTEN", test.receive).Replace(trunk)
			in(t, text, func(t *testing.T, x *exchange) {
				x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
				c, _ := x.call(t, "start")
				time.Sleep(40 * time.Second)
				if got := x.heard(); got != test.want {
					t.Errorf("read %q, want %q", got, test.want)
				}
				c.Hangup(16)
				for _, other := range x.Channels.All() {
					other.Hangup(16)
				}
				time.Sleep(time.Second)
			})
		})
	}
}
