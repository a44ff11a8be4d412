package bridge

import "github.com/octothorpe/octothorpe/internal/event"

// shareAccounts lets two who meet know each other's accounts. One who has none is
// charged to the account that the other has for its peers.
func (b *Bridge) shareAccounts() {
	list := b.Channels()
	if len(list) != 2 || b.options.Holding {
		return
	}
	for i, c := range list {
		peer := list[1-i].Snapshot()
		if own := c.AccountCode(); own == "" && peer.PeerAccount != "" {
			c.SetAccountCode(peer.PeerAccount)
		}
	}
	for i, c := range list {
		if account := list[1-i].AccountCode(); account != "" {
			c.Change(func(s *event.Channel) { s.PeerAccount = account })
		}
	}
}
