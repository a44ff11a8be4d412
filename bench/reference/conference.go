package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
)

// How many talk in the conference that is measured, and in how many of five.
const (
	meeting  = 200
	fives    = 40
	fiveEach = 5
)

// conferences are one of many and many of five, in which all talk.
func (w *worker) conferences() error {
	sound, err := traffic.NewSound(callerEar, calleeEar)
	if err != nil {
		return err
	}
	defer sound.Close()
	if err := w.place(traffic.Order{Number: "meet", Count: meeting, Rate: callRate, Hold: true}, patience); err != nil {
		return err
	}
	if err := w.talk("meet", sound, meeting); err != nil {
		return err
	}
	for i := range fives {
		if err := w.place(traffic.Order{Number: fmt.Sprintf("five%d", i), Count: fiveEach, Rate: callRate, Hold: true}, patience); err != nil {
			return err
		}
	}
	return w.talk("fives", sound, fives*fiveEach)
}

// talk has all callers talk for a while, and measures how much of a core that takes. Who hears
// nothing of the others for a fifth of the time has it fail.
func (w *worker) talk(name string, sound *traffic.Sound, callers int) error {
	const length = 5 * time.Second
	time.Sleep(2 * time.Second) // what the last ones heard when they came is over
	nobody := func() []netip.AddrPort { return nil }
	var sent, arrived int
	began := time.Now()
	used, err := w.cost(name, func() error {
		over := make(chan struct{})
		time.AfterFunc(length, func() { close(over) })
		sent, arrived = sound.Stream(over, w.caller.Media, nobody)
		return nil
	})
	if err != nil {
		return err
	}
	if least := callers * int(length/(20*time.Millisecond)) * 8 / 10; arrived < least {
		return fmt.Errorf("%s: %d packets were sent and %d heard, want %d", name, sent, arrived, least)
	}
	w.results[name] = float64(used) / float64(time.Since(began)) * 100
	return w.caller.Release(callRate, patience)
}
