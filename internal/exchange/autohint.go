package exchange

import (
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
)

// autohints makes hints of devices that are heard of, in contexts with autohints=yes:
// of PJSIP/100 that of the extension 100. They last until the dialplan is read again.
type autohints struct {
	once    sync.Once
	devices chan string // that changed: beyond maxAutohints they wait for their next change
}

const maxAutohints = 1024

// wanted begins to listen once a plan has such a context. Nobody listens before.
func (a *autohints) wanted(x *Exchange, p *dialplan.Plan) {
	for _, c := range p.Contexts() {
		if !c.Autohints {
			continue
		}
		a.once.Do(func() {
			a.devices = make(chan string, maxAutohints)
			cancel := x.bus.Subscribe(event.Kinds(event.KindDeviceStateChange), func(s event.Stamped) {
				select {
				case a.devices <- s.Event.(*event.DeviceStateChange).Device:
				default:
				}
			})
			x.workers.Go(func() { defer cancel(); a.run(x) })
		})
		return
	}
}

func (a *autohints) run(x *Exchange) {
	for {
		select {
		case <-x.background.Done():
			return
		case device := <-a.devices:
			a.add(x, device)
		}
	}
}

// add makes the hint of a device where one is wanted and none is.
func (a *autohints) add(x *Exchange, device string) {
	at := strings.IndexAny(device, "/:")
	if at < 0 || at+1 == len(device) {
		return
	}
	exten := device[at+1:]
	for _, c := range x.engine.Plan().Contexts() {
		if _, there := x.engine.PlaceHint(x.background, exten, c.Name); !c.Autohints || there {
			continue
		}
		err := x.engine.Edit(func(e *dialplan.Editor) error {
			_, err := e.AddPriority(dialplan.Target{Context: c.Name, Exten: exten},
				dialplan.Priority{Number: dialplan.HintPriority, Application: device, Registrar: dialplan.ConfigRegistrar}, false)
			return err
		})
		if err != nil {
			x.log.Warn("a hint was not made", "device", device, "context", c.Name, "error", err)
		}
	}
}
