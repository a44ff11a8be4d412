package exchange

import (
	"crypto/sha256"
	"fmt"
	"net"
)

// entityID tells this exchange apart from those that it exchanges states with:
// asterisk.conf's entityid, else of the machine's network cards and our folder, so
// that two on one machine differ and a restart changes nothing. It is marked as
// locally administered (IEEE 802).
func (x *Exchange) entityID() string {
	if x.system.EntityID != "" {
		return x.system.EntityID
	}
	h := sha256.New()
	cards, _ := net.Interfaces() // none are the same as none known
	for _, c := range cards {
		h.Write(c.HardwareAddr)
	}
	h.Write([]byte(x.dirs.DB))
	id := h.Sum(nil)[:6]
	id[0] = id[0]&^1 | 2
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", id[0], id[1], id[2], id[3], id[4], id[5])
}
