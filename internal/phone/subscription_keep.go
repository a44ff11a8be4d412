package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// subscriptionFamily is where subscriptions lie in AstDB, as on the reference.
const subscriptionFamily = "subscription_persistence/subscription_persistence"

// A keptSubscription is the JSON of a subscription in AstDB: the SUBSCRIBE that
// began it, and what came of it. Every value is text there.
type keptSubscription struct {
	SourcePort string `json:"src_port"`
	Expires    string `json:"expires"`
	Transport  string `json:"transport_key"`
	CSeq       string `json:"cseq"`
	Prune      string `json:"prune_on_boot"`
	Endpoint   string `json:"endpoint"`
	Generator  string `json:"generator_data,omitempty"`
	Packet     string `json:"packet"`
	SourceName string `json:"src_name"`
	LocalName  string `json:"local_name"`
	Tag        string `json:"tag"`
	Contact    string `json:"contact_uri"`
	LocalPort  string `json:"local_port"`
}

// keep has the store remember a subscription as it is now.
func (s *subscriptions) keep(sub *subscription) {
	if s.driver.store == nil || s.driver.technology == SIP || sub.over {
		return
	}
	k := sub.dialog.Keep()
	from, at := k.Way.Remote, local(sub.request)
	stored := keptSubscription{SourcePort: itoa(int(from.Port())), SourceName: from.Addr().Unmap().String(),
		LocalPort: itoa(int(at.Port())), LocalName: at.Addr().Unmap().String(), Expires: strconv.FormatInt(sub.expires.Unix(), 10),
		Transport: strings.ToUpper(k.Way.Transport.Network), CSeq: strconv.FormatUint(uint64(k.LocalSeq), 10),
		Prune: choose(k.Way.Transport.Network == "udp", "no", "yes"), Endpoint: sub.endpoint.Name, Packet: sub.request.String(), Tag: k.LocalTag,
		Contact: "<" + k.Target.String() + ">"}
	if sub.kind == typeDialogInfo {
		versions := map[string]int{}
		sub.root.leaves(func(n *node) { versions[n.name] = n.versions })
		stored.Generator = compactJSON(versions)
	}
	s.driver.keeper.put(subscriptionFamily, sub.id, compactJSON(stored))
}

// compactJSON is the JSON of what can't fail, with < and > as they are.
func compactJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // texts and numbers
	return strings.TrimSuffix(b.String(), "\n")
}

func (s *subscriptions) unkeep(sub *subscription) { s.driver.keeper.remove(subscriptionFamily, sub.id) }

// restore goes on with the subscriptions of the last run. It is called once, in a
// goroutine of the driver's, and waits for the store.
func (s *subscriptions) restore() {
	d := s.driver
	if d.store == nil || d.technology != PJSIP {
		return
	}
	d.workers.Add(1)
	go func() {
		defer d.workers.Done()
		tree, err := d.store.Tree(d.ctx, subscriptionFamily)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				d.log.Error("subscriptions of the last run can't be read", "error", err)
			}
			return
		}
		s.must(func() {
			for _, id := range slices.Sorted(maps.Keys(tree)) {
				if err := s.bringBack(id, tree[id]); err != nil {
					d.log.Debug("a subscription of the last run is left out", "id", id, "error", err)
					d.keeper.remove(subscriptionFamily, id)
				}
			}
		})
	}()
}

// bringBack goes on with one, and tells its phone the state.
func (s *subscriptions) bringBack(id, text string) error {
	d, m := s.driver, s.driver.Model()
	var stored keptSubscription
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	expires, err := strconv.ParseInt(stored.Expires, 10, 64)
	e := m.Endpoint(stored.Endpoint)
	switch until := time.Unix(expires, 0); {
	case err != nil:
		return fmt.Errorf("read its end: %w", err)
	case e == nil || stored.Prune == "yes":
		return fmt.Errorf("endpoint %s can't be reached", stored.Endpoint)
	case !time.Now().Before(until):
		return errors.New("it has ended")
	}
	r, err := s.replay(&stored)
	if err != nil {
		return err
	}
	sub, _, status := s.admit(m, e, r)
	if status != 200 {
		return fmt.Errorf("it would be refused: %d", status)
	}
	cseq, err := strconv.ParseUint(stored.CSeq, 10, 32)
	if err != nil {
		return fmt.Errorf("read its number: %w", err)
	}
	target := r.Contact.URI
	if a, err := sip.ParseAddress(stored.Contact); err == nil {
		target = a.URI
	}
	sub.dialog, err = d.stack.Restore(sip.KeptDialog{CallID: r.CallID, LocalTag: stored.Tag, RemoteTag: r.From.Tag(),
		Local: r.Get("To") + ";tag=" + stored.Tag, Remote: r.Get("From"), Target: target, Routes: r.List("Record-Route"),
		LocalSeq: uint32(cseq), RemoteSeq: r.CSeq.Number, Way: r.Source}, s.dialogOptions(sub, r.Source))
	if err != nil {
		return fmt.Errorf("go on with its dialog: %w", err)
	}
	sub.id, sub.expires = id, time.Unix(expires, 0)
	versions := map[string]int{}
	_ = json.Unmarshal([]byte(stored.Generator), &versions) // none is none
	sub.root.leaves(func(n *node) { n.versions = versions[n.name] })
	s.begun(sub)
	return nil
}

// replay makes the SUBSCRIBE anew, as if it had come by a transport of now.
func (s *subscriptions) replay(stored *keptSubscription) (*sip.Message, error) {
	r, err := sip.Parse([]byte(stored.Packet))
	if err != nil {
		return nil, fmt.Errorf("read its request: %w", err)
	}
	from, err := netip.ParseAddrPort(joinHostPort(bracketed(stored.SourceName), atoi(stored.SourcePort)))
	if err != nil {
		return nil, fmt.Errorf("read its source: %w", err)
	}
	here, err := netip.ParseAddrPort(joinHostPort(bracketed(stored.LocalName), atoi(stored.LocalPort)))
	if err != nil {
		return nil, fmt.Errorf("read its destination: %w", err)
	}
	for _, t := range s.driver.stack.Transports() {
		if t.Network == strings.ToLower(stored.Transport) && t.Local().Port() == here.Port() &&
			(t.Local().Addr().IsUnspecified() || t.Local().Addr().Unmap() == here.Addr()) {
			r.Source = sip.Source{Transport: t, Remote: from, Local: here}
			return r, nil
		}
	}
	return nil, fmt.Errorf("there is no transport at %s any more", here)
}

func bracketed(host string) string { return choose(strings.Contains(host, ":"), "["+host+"]", host) }

func atoi(text string) int {
	n, _ := strconv.Atoi(text) // 0 is no port
	return n
}
