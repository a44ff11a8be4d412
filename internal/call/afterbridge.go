package call

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/channel"
)

type afterBridge struct{}

// A placeAfter is where a leg goes on when it leaves its bridge.
type placeAfter struct {
	text string
	find func(c *channel.Channel) (channel.Location, error)
}

// AfterBridge sets where a leg goes on when it leaves its bridge and is not hung up.
func AfterBridge(c *channel.Channel, to channel.Location) {
	AfterBridgeAt(c, fmt.Sprintf("%s,%s,%d", to.Context, to.Exten, to.Priority),
		func(*channel.Channel) (channel.Location, error) { return to, nil })
}

// AfterBridgeAt is AfterBridge with a place that is found when the leg goes there. Where it is none
// that can be read, the leg goes on as if nothing had been set.
func AfterBridgeAt(c *channel.Channel, text string, find func(c *channel.Channel) (channel.Location, error)) {
	c.SetValue(afterBridge{}, placeAfter{text, find})
}

// AfterBridgeText returns what AfterBridge has set as it was written, or "".
func AfterBridgeText(c *channel.Channel) string {
	p, _ := c.Value(afterBridge{}).(placeAfter)
	return p.text
}

// ForgetAfterBridge undoes AfterBridge.
func ForgetAfterBridge(c *channel.Channel) { c.SetValue(afterBridge{}, nil) }

// takeAfterBridge returns where a leg is to go on, if anywhere, and forgets it.
func takeAfterBridge(c *channel.Channel) (to channel.Location, ok bool) {
	p, ok := c.Value(afterBridge{}).(placeAfter)
	if !ok {
		return to, false
	}
	ForgetAfterBridge(c)
	to, err := p.find(c)
	return to, err == nil
}

// Onward has a leg with a dialplan go on where AfterBridge says, now that it has left its
// bridge. Others go there when their owner sees them out.
func (s *Calls) Onward(c *channel.Channel) {
	if !c.RunsDialplan() {
		return
	}
	if to, ok := takeAfterBridge(c); ok {
		_ = c.Interrupt(channel.Interrupt{Location: &to, Late: true}) // fails only where it hangs up
	}
}
