package control

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// guarded are two switches with two links between them, at both of which clients say
// who they are.
const guarded = `
vlans: {office: {vid: 100}, guests: {vid: 200, dot1x_assigned: true}}
dps:
  sw1:
    dp_id: 1
    stack: {priority: 1}
    dot1x: {nfv_intf: NFV1, nfv_sw_port: 9, radius_ip: 127.0.0.1, radius_port: PORT, radius_secret: SECRET}
    interfaces:
      1: {native_vlan: office}
      2: {native_vlan: guests}
      5: {native_vlan: office, dot1x: true}
      3: {stack: {dp: sw2, port: 3}}
      4: {stack: {dp: sw2, port: 4}}
      9: {output_only: true}
  sw2:
    dp_id: 2
    dot1x: {nfv_intf: NFV2, nfv_sw_port: 9, radius_ip: 127.0.0.1, radius_port: PORT, radius_secret: SECRET}
    interfaces:
      3: {stack: {dp: sw1, port: 3}}
      4: {stack: {dp: sw1, port: 4}}
      6: {native_vlan: office, dot1x: true}
      7: {native_vlan: office, dot1x: true, dot1x_mab: true}
      9: {output_only: true}
`

// Clients of both switches of a stack are let in by their own switch and reach whom
// they may across the other, while a link goes and the controller is started anew.
func TestDot1XAcrossAStack(t *testing.T) {
	for _, tool := range []string{"freeradius", "wpa_supplicant"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here", tool)
		}
	}
	if testing.Short() {
		t.Skip("takes seconds")
	}
	// The hosts 1, 2 and 5 are at ports of these numbers of the first switch, 3 at port 6
	// and 4 at port 7 of the second.
	n := buildNetwork(t, []string{"10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24", "10.0.0.4/24", "10.0.0.5/24"}, nil)
	n.addBridge(2)
	n.move(3, 2, 6)
	n.move(4, 2, 7)
	n.inside(n.host(4), "ip", "link", "set", "e0", "address", "0e:00:00:00:00:13") // which the server knows
	for _, port := range []int{3, 4} {
		n.cable(1, port, 2, port)
	}
	pairs := []string{"PORT", fmt.Sprint(radiusServer(t))}
	for i := 1; i <= 2; i++ {
		nfv := fmt.Sprintf("nfv%d.%d", os.Getpid(), i)
		end := fmt.Sprintf("s%dp9", i)
		n.inside(n.ns, "ip", "link", "add", end, "type", "veth", "peer", "name", nfv, "netns", fmt.Sprint(os.Getpid()))
		n.run("ip", "link", "set", nfv, "up") // it goes with its peer
		n.inside(n.ns, "ip", "link", "set", end, "up")
		n.plug(i, end, 9)
		pairs = append(pairs, fmt.Sprint("NFV", i), nfv)
	}
	path := filepath.Join(n.dir, "faucet.yaml")
	write(t, path, strings.NewReplacer(pairs...).Replace(guarded))
	c, stop := n.stackControl(path, judged)
	defer func() { stop() }()
	n.linked(c, 4)
	told := n.verdicts(c)
	mac := func(host int) string {
		return strings.TrimSpace(n.inside(n.host(host), "cat", "/sys/class/net/e0/address"))
	}
	if !n.ping(1, "10.0.0.1") || n.reaches(3, "10.0.0.1") || n.reaches(5, "10.0.0.1") {
		t.Error("who has not said who he is gets in")
	}
	leave := n.supplicant(3, "alice", "wonder")
	here := n.supplicant(5, "alice", "wonder") // at the same time, at the other switch
	told.until(2, 6, mac(3), "success")
	eventually(t, "alice reaches the office at the other switch", func() bool { return n.reaches(3, "10.0.0.1") })
	told.until(1, 5, mac(5), "success")
	eventually(t, "clients of both switches reach each other", func() bool { return n.reaches(5, "10.0.0.3") })
	n.askForAddress(4, [6]byte{0x0e, 0, 0, 0, 0, 0x13})
	told.until(2, 7, mac(4), "success")
	eventually(t, "the address that is known reaches the other switch", func() bool { return n.reaches(4, "10.0.0.1") })
	report := n.pinging(3, "10.0.0.1", func() {
		n.inside(n.ns, "ip", "link", "set", "s1p3", "down")
		n.linked(c, 2)
	})
	t.Logf("the link is cut: %s", report)
	if n.loss(report) > 20 || !n.reaches(5, "10.0.0.3") {
		t.Errorf("clients do not go on by the other link: %s", report)
	}
	report = n.pinging(3, "10.0.0.1", func() {
		told.end()
		stop()
		c, stop = n.stackControl(path, judged)
		told = n.verdicts(c)
		n.linked(c, 2)
	})
	if !strings.Contains(report, " 0% packet loss") {
		t.Errorf("while the controller was started anew: %s", report)
	}
	leave()
	told.until(2, 6, mac(3), "logoff")
	if n.reaches(3, "10.0.0.1") || !n.reaches(5, "10.0.0.1") {
		t.Error("who has logged off is in, or who has not is out")
	}
	here()
	told.until(1, 5, mac(5), "logoff")
	leave = n.supplicant(3, "bob", "builder")
	defer leave()
	told.until(2, 6, mac(3), "success")
	eventually(t, "bob reaches the guests at the other switch", func() bool { return n.reaches(3, "10.0.0.2") })
	if n.reaches(3, "10.0.0.1") {
		t.Error("bob reaches the office from the guests' VLAN")
	}
}

// verdicts are what is told of clients.
type verdicts struct {
	t    *testing.T
	sub  *Subscription
	seen []string // and not waited for yet
}

func (n *network) verdicts(c *Controller) *verdicts {
	v := &verdicts{t: n.t, sub: c.o.Events.Subscribe(1000)}
	n.t.Cleanup(v.end)
	return v
}

func (v *verdicts) end() { v.sub.Close() }

// until waits until a client was let in (success), refused (failure), or has left (logoff),
// and forgets what was told of it before.
func (v *verdicts) until(dp, port int, mac, status string) {
	v.t.Helper()
	want := fmt.Sprintf(`"DOT1X":{"AUTHENTICATION":{"dp_id":%d,"eth_src":%q,"port":%d,"status":%q}}`, dp, mac, port, status)
	late := time.After(40 * time.Second)
	for {
		if i := slices.IndexFunc(v.seen, func(text string) bool { return strings.Contains(text, want) }); i >= 0 {
			client := strings.Split(want, `"status"`)[0]
			v.seen = append(slices.DeleteFunc(slices.Clone(v.seen[:i+1]), func(text string) bool { return strings.Contains(text, client) }), v.seen[i+1:]...)
			return
		}
		select {
		case e := <-v.sub.C:
			if e.Kind == "DOT1X" && strings.Contains(string(e.JSON), "AUTHENTICATION") {
				v.seen = append(v.seen, string(e.JSON))
			}
		case <-late:
			v.t.Fatalf("not told: %s, but %q", want, v.seen)
		}
	}
}
