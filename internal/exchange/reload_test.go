package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// Reloads of everything and of phones alone, by several at once, come one after the
// other: a technology whose file appears is served once, and its port is free when
// the exchange has ended, whatever was asked for meanwhile.
func TestReloadsComeOneAfterTheOther(t *testing.T) {
	k := begin(t, "[house]\n")
	port := freePort(t)
	k.write("sip.conf", "[general]\nudpbindaddr="+port+"\ncontext=house\n")
	var all sync.WaitGroup
	for _, line := range []string{"core reload", "pjsip reload", "sip reload", "dialplan reload", "core reload", "pjsip reload"} {
		all.Go(func() { _ = k.Execute(context.Background(), line, io.Discard) }) // "sip reload" may come before there is one
	}
	all.Wait()
	if k.Exchange.phones.drivers["SIP"] == nil {
		t.Error("sip.conf is not served")
	}
	all.Go(func() { _ = k.Reload("") })
	k.end()
	all.Wait()
	for what, reload := range map[string]func() error{"everything": func() error { return k.Reload("") },
		"phones": func() error { return k.reloadPhones("SIP") }, "the dialplan": k.reloadDialplan} {
		if err := reload(); !errors.Is(err, errEnds) {
			t.Errorf("%s is read again after the end: %v", what, err)
		}
	}
	for _, address := range []string{port, k.sip} {
		c, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatalf("the exchange has ended: %v", err)
		}
		_ = c.Close()
	}
}

// An exchange that is told to end before it has begun starts nothing.
func TestStopBeforeTheStart(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	k.reloading.finish()
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	if k.manager.Address() != nil || len(k.Exchange.phones.drivers) > 0 {
		t.Error("an exchange that ends serves clients")
	}
	k.end()
}
