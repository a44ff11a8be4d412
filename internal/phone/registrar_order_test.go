package phone

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// agree fails unless every contact has its record and its end, and nothing else has.
func (o *office) agree(t *testing.T, aor string) {
	t.Helper()
	o.keeper.flush()
	records, ends := map[string]bool{}, map[string]bool{}
	for _, c := range o.Contacts(aor) {
		family, key, _ := c.record(o.technology, o.Model().AOR(aor))
		records[family+"/"+key], ends[c.ID] = true, true
	}
	for _, key := range o.store.keys() {
		if !records[key] {
			t.Errorf("the store has %s, which is gone", key)
		}
		delete(records, key)
	}
	o.expiry.mu.Lock()
	defer o.expiry.mu.Unlock()
	for id := range o.expiry.tasks {
		if !ends[id] {
			t.Errorf("the clock has %s, which is gone", id)
		}
		delete(ends, id)
	}
	if len(records)+len(ends) > 0 {
		t.Errorf("not in the store: %v; without an end: %v", records, ends)
	}
}

func TestRegistrationsAtTheSameTimeAgreeWithTheStore(t *testing.T) {
	for _, c := range []struct{ technology, text, aor string }{
		{PJSIP, phone100, "100"},
		{SIP, "[100]\ntype=friend\nhost=dynamic\n", "100"},
	} {
		t.Run(c.technology, func(t *testing.T) {
			o := newOffice(t, c.technology, c.text, &memory{tree: map[string]string{}})
			for range 300 {
				var all sync.WaitGroup
				for i := range 4 {
					all.Go(func() { o.put(c.aor, fmt.Sprintf("sip:%d@h", i/2), 100*(i%2)) })
				}
				all.Wait()
				if o.agree(t, c.aor); t.Failed() {
					return
				}
			}
		})
	}
}

// The clock may be set back, and a timer may be about to ring when its contact is
// registered anew.
func TestEndThatComesTooEarlyComesAgain(t *testing.T) {
	o := newOffice(t, PJSIP, phone100, &memory{tree: map[string]string{}})
	o.put("100", "sip:a@h", 100)
	id := o.Contacts("100")[0].ID
	o.expiry.forget(o.clock, id)
	o.expire("100", id)
	o.agree(t, "100")
	if c := o.Contacts("100")[0]; !time.Now().Before(c.Expires) {
		t.Errorf("ends at %v, in the past", c.Expires)
	}
}
