package manager

import "github.com/octothorpe/octothorpe/internal/event"

// attended writes the fields of an AttendedTransfer. Those that there are not are
// left out.
func (w *writer) attended(e *event.AttendedTransfer) {
	w.field("Result", e.Result)
	w.channel("OrigTransferer", e.OrigTransferer)
	w.bridge("Orig", e.OrigBridge)
	w.channel("SecondTransferer", e.SecondTransferer)
	w.bridge("Second", e.SecondBridge)
	if e.Transferee != nil {
		w.channel("Transferee", e.Transferee)
	}
	if e.Target != nil {
		w.channel("TransferTarget", e.Target)
	}
	w.field("IsExternal", yesNo(e.External))
	w.field("DestType", e.DestType)
	switch e.DestType {
	case "Bridge":
		w.field("DestBridgeUniqueid", e.DestBridge)
	case "App":
		w.field("DestApp", e.DestApp)
	}
}
