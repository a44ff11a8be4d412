package function

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// items are the attributes that every leg has.
var items = map[string]func(*event.Channel) string{
	"name":             func(s *event.Channel) string { return s.Name },
	"channame":         func(s *event.Channel) string { return s.Name },
	"uniqueid":         func(s *event.Channel) string { return s.UniqueID },
	"linkedid":         func(s *event.Channel) string { return s.LinkedID },
	"language":         func(s *event.Channel) string { return s.Language },
	"accountcode":      func(s *event.Channel) string { return s.AccountCode },
	"peeraccount":      func(s *event.Channel) string { return s.PeerAccount },
	"state":            func(s *event.Channel) string { return s.State.String() },
	"channeltype":      func(s *event.Channel) string { return s.Technology },
	"context":          func(s *event.Channel) string { return s.Context },
	"exten":            func(s *event.Channel) string { return s.Exten },
	"appname":          func(s *event.Channel) string { return s.Application },
	"appdata":          func(s *event.Channel) string { return s.Data },
	"musicclass":       func(s *event.Channel) string { return s.MusicClass },
	"parkinglot":       func(s *event.Channel) string { return s.ParkingLot },
	"hangupsource":     func(s *event.Channel) string { return s.HangupBy },
	"userfield":        func(s *event.Channel) string { return s.UserField },
	"amaflags":         func(s *event.Channel) string { return strconv.Itoa(s.AMAFlags) },
	"callgroup":        func(s *event.Channel) string { return groups(s.CallGroup) },
	"pickupgroup":      func(s *event.Channel) string { return groups(s.PickupGroup) },
	"tenantid":         func(s *event.Channel) string { return s.TenantID },
	"namedcallgroup":   func(s *event.Channel) string { return s.NamedCallGroups },
	"namedpickupgroup": func(s *event.Channel) string { return s.NamedPickupGroups },
	"dialed_number":    func(s *event.Channel) string { return s.DialedNum },
	"call_id":          func(s *event.Channel) string { return s.Protocol },
	"callid":           func(s *event.Channel) string { return fmt.Sprintf("[C-%08x]", s.CallNumber) },
}

// groups writes a set of groups.
func groups(mask uint64) string {
	var list []string
	for i := range 64 {
		if mask&(1<<i) != 0 {
			list = append(list, strconv.Itoa(i))
		}
	}
	return strings.Join(list, ", ")
}

// groupMask reads "1,3-5"; what is no group from 0 to 63 is passed over.
func groupMask(text string) uint64 {
	mask := uint64(0)
	for _, part := range strings.Split(text, ",") {
		low, high, dash := strings.Cut(strings.TrimSpace(part), "-")
		from, err := strconv.Atoi(low)
		to := from
		if dash && err == nil {
			to, err = strconv.Atoi(high)
		}
		if err != nil || from < 0 || to > 63 {
			continue
		}
		for g := from; g <= to; g++ {
			mask |= 1 << g
		}
	}
	return mask
}

// names sorts names and writes each once.
func names(text string) string {
	var list []string
	for _, name := range strings.Split(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// kept is the key for an item of CHANNEL that this package alone reads and writes.
type kept string

func keptItem(c *channel.Channel, name kept) string {
	v, _ := c.Value(name).(string)
	return v
}

// capabilities are the transfer capabilities (ITU-T Q.931 §4.5.5).
var capabilities = []string{"SPEECH", "DIGITAL", "RESTRICTED_DIGITAL", "3K1AUDIO", "DIGITAL_W_TONES", "VIDEO"}

func channelRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	item := strings.ToLower(args)
	if c == nil {
		if item == "state" { // what a Getvar of AMI without a channel finds
			return "Down", nil
		}
		return "", errNoChannel
	}
	switch item {
	case "audioreadformat", "audiowriteformat", "audionativeformat":
		return audioFormat(c, item), nil
	case "videonativeformat":
		return "(nothing)", nil // the core carries no pictures
	case "dtmf_features": // which keys mean something in a bridge
		return call.AllowedFeatures(c), nil
	case "after_bridge_goto":
		return call.AfterBridgeText(c), nil
	case "secure_bridge_signaling":
		return truthOrNothing(call.SecrecyOf(c).Signalling), nil
	case "secure_bridge_media":
		return truthOrNothing(call.SecrecyOf(c).Media), nil
	case "checkhangup":
		return truth(c.HungUp()), nil
	case "transfercapability":
		return orDefault(keptItem(c, "transfercapability"), capabilities[0]), nil
	case "tonezone":
		return keptItem(c, kept(item)), nil
	case "max_forwards":
		return strconv.Itoa(c.MaxForwards()), nil
	}
	if read, ok := items[item]; ok {
		return read(c.Snapshot()), nil
	}
	if i, ok := c.Leg().(channel.Informer); ok {
		if v, ok := i.Item(args); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("unknown item %q of CHANNEL", args)
}

func truthOrNothing(yes bool) string { return map[bool]string{true: "1"}[yes] }

// goAfterBridge sets where a leg goes on after its next bridge; an empty text undoes it.
func (h *House) goAfterBridge(c *channel.Channel, text string) {
	if text == "" {
		call.ForgetAfterBridge(c)
		return
	}
	call.AfterBridgeAt(c, text, func(c *channel.Channel) (channel.Location, error) { return h.Dialplan.Resolve(c, text) })
}

func (h *House) channelWrite(_ context.Context, c *channel.Channel, item, value string) error {
	if c == nil {
		return errNoChannel
	}
	err := h.setItem(c, item, value)
	if ownItem(item) {
		return err
	}
	if t, ok := c.Leg().(channel.Twin); ok && err == nil {
		if other := t.Twin(); other != nil {
			err = h.setItem(other, seenFromTwin(item), value)
		}
	}
	return err
}

// ownItem reports whether an item is of one half of a Local channel alone.
func ownItem(item string) bool {
	switch strings.ToLower(item) {
	case "dtmf_features", "after_bridge_goto":
		return true
	}
	return false
}

// seenFromTwin is the item that answers on the other half of a Local channel to
// one of this: each is the other's peer.
func seenFromTwin(item string) string {
	switch strings.ToLower(item) {
	case "accountcode":
		return "peeraccount"
	case "peeraccount":
		return "accountcode"
	}
	return item
}

// changes are the attributes that are nothing but written.
var changes = map[string]func(s *event.Channel, value string){
	"language":         func(s *event.Channel, value string) { s.Language = value },
	"peeraccount":      func(s *event.Channel, value string) { s.PeerAccount = value },
	"musicclass":       func(s *event.Channel, value string) { s.MusicClass = value },
	"parkinglot":       func(s *event.Channel, value string) { s.ParkingLot = value },
	"tenantid":         func(s *event.Channel, value string) { s.TenantID = value },
	"hangupsource":     func(s *event.Channel, value string) { s.HangupBy = value },
	"userfield":        func(s *event.Channel, value string) { s.UserField = value },
	"amaflags":         func(s *event.Channel, value string) { s.AMAFlags = amaFlags(value) },
	"callgroup":        func(s *event.Channel, value string) { s.CallGroup = groupMask(value) },
	"pickupgroup":      func(s *event.Channel, value string) { s.PickupGroup = groupMask(value) },
	"namedcallgroup":   func(s *event.Channel, value string) { s.NamedCallGroups = names(value) },
	"namedpickupgroup": func(s *event.Channel, value string) { s.NamedPickupGroups = names(value) },
}

// amaFlags reads a number or a name.
func amaFlags(value string) int {
	if n, err := strconv.Atoi(value); err == nil {
		return n
	}
	return map[string]int{"omit": 1, "billing": 2, "documentation": 3}[strings.ToLower(value)]
}

func (h *House) setItem(c *channel.Channel, item, value string) error {
	name := strings.ToLower(item)
	if change, ok := changes[name]; ok {
		c.Change(func(s *event.Channel) { change(s, value) })
		return nil
	}
	switch name {
	case "accountcode":
		c.SetAccountCode(value)
		return nil
	case "secure_bridge_signaling":
		s := call.SecrecyOf(c)
		s.Signalling = config.True(value)
		call.RequireSecrecy(c, s)
		return nil
	case "secure_bridge_media":
		s := call.SecrecyOf(c)
		s.Media = config.True(value)
		call.RequireSecrecy(c, s)
		return nil
	case "dtmf_features":
		return call.AllowFeatures(c, value)
	case "after_bridge_goto":
		h.goAfterBridge(c, value)
		return nil
	case "transfercapability":
		capability := coded(capabilities, value)
		if !known(capabilities, capability) {
			return fmt.Errorf("%q is no transfer capability", value)
		}
		c.SetValue(kept("transfercapability"), capability)
		return nil
	case "tonezone":
		return h.setZone(c, value)
	case "max_forwards":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return fmt.Errorf("unable to set max forwards to %q: not a number", value)
		}
		c.SetMaxForwards(n)
		return nil
	}
	if t, ok := c.Leg().(channel.Tuner); ok {
		if ok, err := t.SetItem(item, value); ok {
			return err
		}
	}
	return fmt.Errorf("item %q of CHANNEL can't be set", item)
}

func (h *House) setZone(c *channel.Channel, country string) error {
	if h.SetZone == nil {
		return errors.New("there are no tones")
	}
	if err := h.SetZone(c, country); err != nil {
		return err
	}
	c.SetValue(kept("tonezone"), country)
	return nil
}

// audioFormat is the format of a leg's voice; the native ones are a list.
func audioFormat(c *channel.Channel, item string) string {
	f := c.Leg().WriteFormat()
	if f == nil { // it takes what comes, as Local channels do
		f = media.SLin
	}
	switch {
	case item == "audionativeformat":
		names := []string{f.Name}
		if p, ok := c.Leg().(channel.Polyglot); ok {
			for i, native := range p.NativeFormats() {
				names = append(names[:i], native.Name)
			}
		}
		return "(" + strings.Join(names, "|") + ")"
	}
	return f.Name
}
