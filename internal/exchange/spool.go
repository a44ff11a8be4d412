package exchange

import (
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/spool"
)

// startSpool makes the calls that lie in the spool, until the exchange ends.
func (x *Exchange) startSpool() {
	x.modules.add("pbx_spool", "Calls from files in the spool")
	if !x.modules.wants("pbx_spool") {
		return
	}
	s := &spool.Spool{Calls: x.calls, Dialplan: x.plan(), Logger: x.log, Folder: filepath.Join(x.dirs.Spool, "outgoing"),
		Done: filepath.Join(x.dirs.Spool, "outgoing_done")}
	x.workers.Add(1)
	go func() { defer x.workers.Done(); s.Run(x.background) }()
}
