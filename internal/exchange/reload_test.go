package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

// Reloads of everything and of phones alone, by several at once, come one after the
// other: a technology whose file appears is served once, and its port is free when
// the exchange has ended, whatever was asked for meanwhile.
func TestReloadsComeOneAfterTheOther(t *testing.T) {
	k := begin(t, "[house]\n")
	port := blackbox.Address(t)
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
	if err := k.reloading.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	if k.manager.Address() != nil || len(k.Exchange.phones.drivers) > 0 {
		t.Error("an exchange that ends serves clients")
	}
	k.end()
}

// What a reload is told to have come to, in the words of Asterisk 22.
func TestWordsOfReloads(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Wait(1)\n")
	defer k.end()
	k.write("extensions.conf", "lost=1\n[house]\nexten => 2,1,Wait(1)\n")
	for _, c := range []struct{ line, want string }{
		{"module reload nosuch app_dial.so Logger", "No such module 'nosuch'\nThe module 'app_dial.so' does not support reloads\nModule 'Logger' reloaded successfully.\n"},
		{"module reload http cdr res_pjsip_outbound_registration.so chan_pjsip", "Module 'http' reloaded successfully.\nModule 'cdr' reloaded successfully.\n" +
			"Module 'res_pjsip_outbound_registration.so' reloaded successfully.\nThe module 'chan_pjsip' does not support reloads\n"},
		{"module reload pbx_config.so acl", "The module 'pbx_config.so' reported a reload failure\nModule 'acl' reloaded successfully.\n"},
		{"config reload " + filepath.Join(k.dirs.Etc, "extensions.conf"), "The module 'pbx_config' reported a reload failure\n"},
		{"core reload", ""},
	} {
		if got := k.execute(c.line); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.line, got, c.want)
		}
	}
	boss := k.login()
	for _, c := range []struct{ module, status, message string }{
		{"pbx_config.so", "Error", "An unknown error occurred"},
		{"app_dial.so", "Error", "Module does not support reload"},
		{"extensions", "Error", "No such module"},
		{"", "Success", "Module Reloaded"},
	} {
		boss.do("Action: Reload\nModule: " + c.module)
		boss.until("Response: " + c.status)
		boss.until("Message: " + c.message)
	}
	k.logs.Flush()
	if !strings.Contains(k.logged(), "the configuration was not read again; what was in force is module=pbx_config") {
		t.Error("the log does not tell of the failure")
	}
	if !strings.Contains(k.execute("dialplan show house"), "'1' =>") {
		t.Error("the dialplan is not what it was")
	}
}

// A manager.conf that can't be read, or is gone, does not lock out who would mend it.
func TestABrokenManagerConfLeavesAMIAsItIs(t *testing.T) {
	k := begin(t, "[house]\n")
	defer k.end()
	path := filepath.Join(k.dirs.Etc, "manager.conf")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func() error{
		"broken": func() error { return os.WriteFile(path, append([]byte("lost=1\n"), whole...), 0o600) },
		"gone":   func() error { return os.Remove(path) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			boss := k.login() // before it is read, and after
			if got, want := boss.answer("Action: Reload\nModule: manager"), "Message: Module Reloaded"; got != want {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		if !strings.Contains(k.execute("manager show settings"), "  Manager (AMI):             Yes") {
			t.Errorf("%s: AMI is closed", what)
		}
	}
}

// An acl.conf that can't be read changes nothing for phones and accounts that name its
// rules.
func TestABrokenACLConfLeavesWhatIsInForce(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	k.write("acl.conf", "[near]\ndeny=0.0.0.0/0\npermit=127.0.0.1/32\n")
	for name, change := range map[string][2]string{"manager.conf": {"[boss]", "[guard]\nsecret=secret\nwrite=all\nacl=near\n[boss]"}, "pjsip.conf": {"[ana](phone)\n", "[ana](phone)\nacl=near\n"}} {
		text, err := os.ReadFile(filepath.Join(k.dirs.Etc, name))
		if err != nil {
			t.Fatal(err)
		}
		k.write(name, strings.Replace(string(text), change[0], change[1], 1))
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	ana := k.phone("ana")
	ana.register()
	k.write("acl.conf", "lost=1\n[near]\n")
	if got, want := k.execute("module reload acl"), "The module 'acl' reported a reload failure\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	ana.register()
	k.loginAs("guard")
}

// A reload that stands still holds up neither the end nor, after it, anybody.
func TestAReloadThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if err := inTime(waiting(func() { time.Sleep(2 * patience) })); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("what stands still is waited for: %v", err)
		}
		r := newReloading()
		if err := r.begin(); err != nil {
			t.Fatal(err)
		}
		other := make(chan error)
		go func() { other <- r.begin() }()
		began := time.Now()
		if err := inTime(r.finish); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != patience {
			t.Errorf("the end waited %v: %v; want %v", time.Since(began), err, patience)
		}
		r.end()
		if err := <-other; !errors.Is(err, errEnds) {
			t.Errorf("who waited for its turn got %v", err)
		}
		if err := inTime(r.finish); err != nil {
			t.Error(err)
		}
	})
}
