package phone

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// slowStore tells nothing before its time.
type slowStore struct {
	*memory
	after time.Duration
}

func (s slowStore) Tree(ctx context.Context, family string) (map[string]string, error) {
	select {
	case <-time.After(s.after):
		return s.memory.Tree(ctx, family)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// A store that is slower than a start waits for gives its contacts back when it is
// ready; who has registered meanwhile stays as he is.
func TestContactsOfASlowStoreComeLater(t *testing.T) {
	for _, c := range []struct{ technology, text string }{
		{PJSIP, "[100]\ntype=aor\nmax_contacts=3\n[101]\ntype=aor\nmax_contacts=3\n[100]\ntype=endpoint\naors=100\n[101]\ntype=endpoint\naors=101\n"},
		{SIP, "[general]\n[100]\ntype=friend\nhost=dynamic\n[101]\ntype=friend\nhost=dynamic\n"},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := &memory{tree: map[string]string{}}
			before := newOffice(t, c.technology, c.text, store)
			before.put("100", "sip:old@192.0.2.1:5060", 3600)
			before.put("101", "sip:same@192.0.2.2:5060", 3600)
			time.Sleep(time.Second)
			synctest.Wait()

			m := before.Model()
			o := &office{store: store, answers: map[string]int{}, Driver: New(Config{Model: m, Store: slowStore{store, time.Minute}})}
			o.run(t.Context())
			t.Cleanup(func() { o.cancel(); o.workers.Wait() })
			begun := time.Now()
			o.restoreContacts()
			if took := time.Since(begun); took != storePatience {
				t.Errorf("the start waited for %s", took)
			}
			if n := len(o.Contacts("100")); n != 0 {
				t.Fatalf("%d contacts came before the store could tell", n)
			}
			o.put("101", "sip:same@192.0.2.2:5060", 600)
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := o.Contacts("100"); len(got) != 1 || got[0].URI != "sip:old@192.0.2.1:5060" {
				t.Errorf("%s: contacts of 100: %v", c.technology, got)
			}
			got := o.Contacts("101")
			if len(got) != 1 || time.Until(got[0].Expires) > 600*time.Second {
				t.Errorf("%s: contacts of 101: %v", c.technology, got)
			}
		})
	}
}

// What anybody may have written to the database brings no contact that the tables
// of the console cannot show.
func TestAContactOfTheStoreHasAWholeKey(t *testing.T) {
	const value = `{"uri":"sip:a@192.0.2.1","expiration_time":"9999999999"}`
	for key, want := range map[string]bool{contactID("100", "sip:a@192.0.2.1", false): true, "100;@": false, "x;@ab": false, "100": false} {
		c, err := restore(key, value)
		if (err == nil) != want {
			t.Errorf("%s: %v", key, err)
		}
		if err == nil && len(c.Hash()) != 32 {
			t.Errorf("%s is shown as %s", key, c.Hash())
		}
	}
}
