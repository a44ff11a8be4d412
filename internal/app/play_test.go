package app

import (
	"bytes"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/local"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// What is wanted is what Asterisk 22 writes at verbosity 3: a line for each sound,
// with the format in which it is read and the language in which it is asked for.
func TestEachSoundIsALineOfTheLog(t *testing.T) {
	const plan = `
[test]
exten => 100,1,Answer()
same => n,Wait(60)
exten => play,1,Playback(nosuch&beep)
same => n,Set(CHANNEL(language)=es)
same => n,SayNumber(45)
same => n,BackGround(demo-thanks,,fr)
same => n,ControlPlayback(vm-sorry)
same => n,BackgroundDetect(beep)
same => n,Dial(Local/100@test,5,A(vm-youhave:auth-thankyou)L(1500))
`
	in(t, plan, func(t *testing.T, x *exchange) {
		var log bytes.Buffer
		x.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: logging.Verbose}))
		x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
		x.withFunctions()
		c, _ := x.call(t, "play")
		<-c.CallContext().Done()
		got := regexp.MustCompile(`<([^>]*)> Playing '[^"]*`).FindAllString(log.String(), -1)
		const on = "<Test/1> Playing '"
		want := []string{on + "beep.ulaw' (language 'en')", on + "digits/40.ulaw' (language 'es')", on + "digits/and.ulaw' (language 'es')",
			on + "digits/5.ulaw' (language 'es')", on + "demo-thanks.ulaw' (language 'fr')", on + "vm-sorry.ulaw' (language 'es')",
			on + "beep.ulaw' (language 'es')", "<Local/100@test-00000000;1> Playing 'vm-youhave.ulaw' (language 'en')", on + "auth-thankyou.ulaw' (language 'es')"}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// Who wants to know, as CEL does, is told of each sound when it begins and when it ends.
func TestSoundsAreToldOf(t *testing.T) {
	const plan = `
[test]
exten => play,1,Answer()
same => n,Playback(nosuch&beep)
same => n,Set(CHANNEL(language)=es)
same => n,SayDigits(1)
same => n,ControlPlayback(vm-sorry)
`
	in(t, plan, func(t *testing.T, x *exchange) {
		var told []string
		defer x.Channels.Bus.Subscribe(event.Kinds(event.KindStreamBegin, event.KindStreamEnd), func(s event.Stamped) {
			switch e := s.Event.(type) {
			case *event.StreamBegin:
				told = append(told, e.Sound+"."+e.Format+" "+e.Language)
			case *event.StreamEnd:
				told = append(told, "end")
			}
		})()
		x.withFunctions()
		c, _ := x.call(t, "play")
		<-c.CallContext().Done()
		synctest.Wait()
		want := []string{"beep.ulaw en", "end", "digits/1.ulaw es", "end", "vm-sorry.ulaw es", "end"}
		if !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
	})
}
