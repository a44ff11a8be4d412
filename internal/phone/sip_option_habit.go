package phone

import (
	"math"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// sipHabitOptions are the options of a peer that meet habits of phones and exchanges at
// the far end, for which [general] may give a default.
func sipHabitOptions() []sipOption {
	type d = sipDraft
	return []sipOption{
		fromBool("refer_addheaders", func(v *d) *bool { return &v.Peer.ReferHeaders }),
		fromBool("useclientcode", func(v *d) *bool { return &v.Peer.ClientCode }),
		fromBool("discard_remote_hold_retrieval", func(v *d) *bool { return &v.Peer.StaysHeld }),
	}
}

// sipUserOptions are those that users.conf lends to peers.
func sipUserOptions() []sipOption {
	return []sipOption{
		setter("hasvoicemail", func(v *sipDraft, s string) error {
			if isTrue(s) && len(v.Mailboxes) == 0 {
				v.Mailboxes = []string{v.Endpoint.Name + "@default"}
			}
			return among(s)
		}),
		// a trunk carries the calls of many, so that no name of its own stands for theirs
		setter("trunkname", func(v *sipDraft, _ string) error { v.CallerID.Name = event.Name{Valid: true}; return nil }),
	}
}

// sipLimitOptions are what [general] says of connections whose phones have not said who
// they are, and of the least time of a round trip.
func sipLimitOptions() []sipOption {
	type g = sipGeneral
	return []sipOption{
		generalBool("relaxdtmf", func(v *g) *bool { return &v.RelaxDTMF }),
		setter("t1min", func(v *sipDraft, s string) error {
			n, err := parseInt(s, 60000)
			if err == nil {
				v.general.T1Min = time.Duration(n) * time.Millisecond
			}
			return err
		}),
		setter("tcpauthlimit", func(v *sipDraft, s string) (err error) {
			v.general.StrangersLimit, err = parseInt(s, math.MaxInt32)
			return err
		}),
		generalSeconds("tcpauthtimeout", func(v *g) *time.Duration { return &v.StrangerTimeout }),
	}
}
