package control

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/octothorpe/octothorpe/internal/sdn/dot1x"
)

const radiusConfiguration = `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = DIR
raddbdir = DIR
run_dir = DIR
name = radiusd
max_requests = 1024
log {
 destination = files
 file = DIR/radius.log
}
security {
 allow_core_dumps = no
 reject_delay = 0
 status_server = no
}
modules {
 eap {
  default_eap_type = md5
  timer_expire = 60
  ignore_unknown_eap_types = no
  max_sessions = 64
  md5 {
  }
 }
 files {
  filename = DIR/users
 }
 pap {
 }
}
client localhost {
 ipaddr = 127.0.0.1
 secret = SECRET
}
server default {
 listen {
  type = auth
  ipaddr = 127.0.0.1
  port = PORT
 }
 authorize {
  files
  eap {
   ok = return
  }
  pap
 }
 authenticate {
  Auth-Type PAP {
   pap
  }
  eap
 }
}
`

const radiusUsers = `
alice Cleartext-Password := "wonder"

bob Cleartext-Password := "builder"
	Tunnel-Type = VLAN,
	Tunnel-Medium-Type = IEEE-802,
	Tunnel-Private-Group-Id = "guests"

carol Cleartext-Password := "singer"
	Filter-Id = "readers"

dave Cleartext-Password := "digger"
	Tunnel-Private-Group-Id = "nowhere"

0e0000000013 Cleartext-Password := "0e0000000013"

`

const dot1xConfiguration = `
vlans: {office: {vid: 100}, guests: {vid: 200, dot1x_assigned: true}}
acls:
  readers: {dot1x_assigned: true, rules: [{rule: {dl_type: 0x806, actions: {allow: 1}}}, {rule: {dl_type: 0x800, nw_proto: 1, nw_dst: 10.0.0.2, actions: {allow: 1}}}]}
dps:
  sw1:
    dp_id: 1
    dot1x: {nfv_intf: NFV, nfv_sw_port: 5, radius_ip: 127.0.0.1, radius_port: PORT, radius_secret: SECRET}
    interfaces:
      1: {native_vlan: office, dot1x: true, dot1x_dyn_acl: true}
      2: {native_vlan: office}
      3: {native_vlan: office, dot1x: true, dot1x_mab: true}
      4: {native_vlan: guests}
      5: {output_only: true}
`

// radiusServer runs Debian's FreeRADIUS on a port of the loopback.
func radiusServer(t *testing.T) (port int) {
	t.Helper()
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = free.LocalAddr().(*net.UDPAddr).Port
	free.Close()
	dir := t.TempDir()
	text := strings.NewReplacer("DIR", dir, "PORT", fmt.Sprint(port)).Replace(radiusConfiguration)
	for name, text := range map[string]string{"radiusd.conf": text, "users": radiusUsers, "dictionary": ""} {
		write(t, filepath.Join(dir, name), text)
	}
	c := exec.Command("freeradius", "-f", "-d", dir, "-D", "/usr/share/freeradius")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	eventually(t, "the RADIUS server is ready", func() bool {
		log, _ := os.ReadFile(filepath.Join(dir, "radius.log"))
		return strings.Contains(string(log), "Ready to process requests")
	})
	return port
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) { // between two questions
		if time.Now().After(late) {
			t.Fatalf("not seen: %s", what)
		}
	}
}

// supplicant runs wpa_supplicant on a host; leave logs off and ends it.
func (n *network) supplicant(host int, user, password string) (leave func()) {
	n.t.Helper()
	path := filepath.Join(n.dir, fmt.Sprint("supplicant", host))
	write(n.t, path, fmt.Sprintf("ctrl_interface="+path+".control\nap_scan=0\nnetwork={\nkey_mgmt=IEEE8021X\neap=MD5\nidentity=%q\npassword=%q\neapol_flags=0\n}\n", user, password))
	c := n.command("ip", "netns", "exec", n.host(host), "wpa_supplicant", "-D", "wired", "-i", "e0", "-c", path)
	if err := c.Start(); err != nil {
		n.t.Fatal(err)
	}
	ended := false
	leave = func() {
		if !ended {
			ended = true
			n.command("wpa_cli", "-p", path+".control", "-i", "e0", "logoff").Run()
			c.Process.Signal(unix.SIGTERM) // ip netns exec has become the program
			c.Wait()
		}
	}
	n.t.Cleanup(leave)
	return leave
}

// askForAddress sends what a DHCP client begins with, from a host.
func (n *network) askForAddress(host int, mac [6]byte) {
	n.t.Helper()
	udp := append([]byte{0, 68, 0, 67, 1, 8, 0, 0}, make([]byte, 256)...)
	b := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, mac[:]...)
	b = append(b, 8, 0, 0x45, 0, 1, 28, 0, 1, 0, 0, 64, 17, 0x78, 0xd2, 0, 0, 0, 0, 255, 255, 255, 255)
	b = append(b, udp...)
	done := make(chan error)
	go func() {
		done <- inNamespace(n.host(host), func() error {
			w, err := dot1x.Open("e0")
			if err != nil {
				return err
			}
			defer w.Close()
			_, err = w.Write(b)
			return err
		})
	}()
	if err := <-done; err != nil {
		n.t.Fatal(err)
	}
}

// inNamespace does something in a namespace of the network. Its goroutine is to end
// behind it: a thread that does not come home goes with it.
func inNamespace(name string, do func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer home.Close()
	ns, err := os.Open("/run/netns/" + name)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	err = do()
	// It may be the first thread of the process, of which others take the namespace.
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, back)
	}
	runtime.UnlockOSThread()
	return err
}

// reaches pings once.
func (n *network) reaches(from int, to string) bool {
	return n.command("ip", "netns", "exec", n.host(from), "ping", "-c", "1", "-W", "1", to).Run() == nil
}

func TestDot1XWithFreeRADIUSAndWPASupplicant(t *testing.T) {
	for _, tool := range []string{"freeradius", "wpa_supplicant"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here", tool)
		}
	}
	n := buildNetwork(t, []string{"10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24", "10.0.0.4/24"}, nil)
	for i, end := range []string{"11", "12", "13", "14"} {
		n.inside(n.host(i+1), "ip", "link", "set", "e0", "address", "0e:00:00:00:00:"+end)
	}
	nfv := fmt.Sprintf("nfv%d", os.Getpid())
	n.inside(n.ns, "ip", "link", "add", "p5", "type", "veth", "peer", "name", nfv, "netns", fmt.Sprint(os.Getpid()))
	n.run("ip", "link", "set", nfv, "up") // it goes with its peer
	n.inside(n.ns, "ip", "link", "set", "p5", "up")
	n.vsctl("add-port", "br0", "p5", "--", "set", "interface", "p5", "ofport_request=5")
	text := strings.NewReplacer("NFV", nfv, "PORT", fmt.Sprint(radiusServer(t))).Replace(dot1xConfiguration)
	c, path, stop := n.control(text)
	defer func() { stop() }()
	told := n.verdicts(c)
	n.flows(path)
	const one, three = "0e:00:00:00:00:11", "0e:00:00:00:00:13"
	if n.reaches(1, "10.0.0.2") {
		t.Error("who has not said who he is gets in")
	}
	leave := n.supplicant(1, "alice", "wonder")
	told.until(1, 1, one, "success")
	eventually(t, "alice reaches the office", func() bool { return n.reaches(1, "10.0.0.2") })
	if dump := n.inside(n.ns, "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", "br0"); !strings.Contains(dump, "priority=16384,in_port=1,dl_src=0e:00:00:00:00:11 actions=goto_table:1") {
		t.Errorf("the flow that lets her in is not as Faucet's in\n%s", dump)
	}
	leave()
	told.until(1, 1, one, "logoff")
	if n.reaches(1, "10.0.0.2") {
		t.Error("who has logged off is still in")
	}
	leave = n.supplicant(1, "alice", "guess")
	told.until(1, 1, one, "failure")
	if leave(); n.reaches(1, "10.0.0.2") {
		t.Error("who has no password gets in")
	}
	leave = n.supplicant(1, "bob", "builder")
	told.until(1, 1, one, "success")
	eventually(t, "bob reaches the guests", func() bool { return n.reaches(1, "10.0.0.4") })
	if n.reaches(1, "10.0.0.2") {
		t.Error("bob reaches the office from the guests' VLAN")
	}
	// A controller that is started anew finds him in the switch, and asks him again.
	stop()
	told.end()
	c, _, stop = n.control(text)
	told = n.verdicts(c)
	report := n.pinging(1, "10.0.0.4", func() { told.until(1, 1, one, "success") })
	if !strings.Contains(report, " 0% packet loss") {
		t.Errorf("bob is out while the controller is started anew: %s", report)
	}
	leave()
	told.until(1, 1, one, "logoff")
	leave = n.supplicant(1, "carol", "singer")
	told.until(1, 1, one, "success")
	eventually(t, "carol reaches whom her ACL says", func() bool { return n.reaches(1, "10.0.0.2") })
	n.askForAddress(3, [6]byte{0x0e, 0, 0, 0, 0, 0x13})
	told.until(1, 3, three, "success")
	eventually(t, "the address that is known reaches the office", func() bool { return n.reaches(3, "10.0.0.2") })
	if n.reaches(1, "10.0.0.3") {
		t.Error("carol reaches more than her ACL says")
	}
	leave()
	told.until(1, 1, one, "logoff")
	leave = n.supplicant(1, "dave", "digger") // to a VLAN that there is not
	defer leave()
	told.until(1, 1, one, "failure")
	// A link that goes takes the rights with it.
	n.inside(n.host(3), "ip", "link", "set", "e0", "down")
	eventually(t, "the flow is gone", func() bool {
		return !strings.Contains(n.inside(n.ns, "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", "br0"), three)
	})
}
