package phone

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// narrowed keeps but the best format of each stream that was agreed upon, where the
// endpoint wants its calls to have one: with preferred_codec_only, or by a preference
// for the first.
func (e *Endpoint) narrowed(offer *description, a *agreed) {
	if pref := e.IncomingOfferPref; !e.PreferredCodecOnly && pref != "local_first" && pref != "remote_first" {
		return
	}
	a.all(func(one *agreed) bool {
		one.formats = one.formats[:1]
		one.events = offer.streams[one.index].events(one.formats)
		return true
	})
}

// usedBy are the formats of sound that the call uses for whose sake another is made.
func usedBy(q channel.Request) []*media.Format {
	if q.Requestor == nil {
		return q.Formats
	}
	of, ok := q.Requestor.Leg().(*session)
	if !ok {
		return q.Formats
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	if len(of.agreed.formats) == 0 {
		return q.Formats
	}
	return of.agreed.formats
}

// offering are the formats that we offer for the sake of a call that uses theirs, as
// outgoing_call_offer_pref has it. Where that call says nothing they are the endpoint's.
func (e *Endpoint) offering(theirs []*media.Format) []*media.Format {
	if len(theirs) == 0 {
		return e.Formats
	}
	first := func(list []*media.Format) []*media.Format { return list[:min(len(list), 1)] }
	list := e.Formats
	switch e.OutgoingOfferPref {
	case "local":
		list = inOrder(e.Formats, theirs)
	case "local_merge":
	case "local_first":
		list = first(inOrder(e.Formats, theirs))
	case "remote":
		list = inOrder(theirs, e.Formats)
	case "remote_first":
		list = first(inOrder(theirs, e.Formats))
	default:
		list = preferred(theirs, e.Formats)
	}
	if len(list) == 0 { // nothing in common: the core will translate
		return e.Formats
	}
	return list
}
