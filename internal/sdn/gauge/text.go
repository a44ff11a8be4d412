package gauge

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// writeText writes what a switch has told to the files of a database of type text,
// as Faucet's Gauge does: a line for each counter, for each change of a port, or a
// file of JSON for all flows. before is what it told last, nil the first time.
func writeText(w *config.Watcher, dp *config.DP, before, told openflow.ReplyBody, at time.Time) error {
	var lines bytes.Buffer
	line := func(format string, args ...any) {
		fmt.Fprintf(&lines, "%s\t%s\n", at.Format("Jan 02 15:04:05"), fmt.Sprintf(format, args...))
	}
	switch told := told.(type) {
	case *openflow.PortStatsReply:
		for _, p := range told.Ports {
			name := portName(dp, p.Port)
			for _, c := range []struct {
				name  string
				value uint64
			}{{"packets-out", p.TxPackets}, {"packets-in", p.RxPackets}, {"bytes-out", p.TxBytes}, {"bytes-in", p.RxBytes},
				{"dropped-out", p.TxDropped}, {"dropped-in", p.RxDropped}, {"errors-out", p.TxErrors}, {"errors-in", p.RxErrors}} {
				line("%s-%s-%s\t%d", dp.Name, name, c.name, c.value)
			}
		}
	case *openflow.MeterStatsReply:
		for _, m := range told.Meters {
			var band openflow.Counter
			for _, b := range m.Bands {
				band.Packets += b.Packets
				band.Bytes += b.Bytes
			}
			for _, c := range []struct {
				name  string
				value uint64
			}{{"flow-count", uint64(m.Flows)}, {"byte-in-count", m.BytesIn}, {"packet-in-count", m.PacketsIn}, {"byte-band-count", band.Bytes},
				{"packet-band-count", band.Packets}} {
				line("%s-%d-%s\t%d", dp.Name, m.Meter, c.name, c.value)
			}
		}
	case *openflow.PortDescReply:
		changes(dp, before, told, line)
	case *openflow.FlowStatsReply:
		return writeFlows(w.DB, dp, told, at)
	}
	if lines.Len() == 0 {
		return nil
	}
	f, err := os.OpenFile(w.DB.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(lines.Bytes()); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// changes tells which ports came, went, or have another link.
func changes(dp *config.DP, before openflow.ReplyBody, told *openflow.PortDescReply, line func(string, ...any)) {
	was := map[uint32]openflow.Port{}
	if b, ok := before.(*openflow.PortDescReply); ok {
		for _, p := range b.Ports {
			was[p.Number] = p
		}
	}
	say := func(n uint32, what string) {
		line("DPID %d (%#x) port %d %s", dp.DatapathID(), dp.DatapathID(), n, what)
	}
	for _, p := range told.Ports {
		old, known := was[p.Number]
		delete(was, p.Number)
		switch up := p.State&openflow.LinkDown == 0; {
		case !known:
			say(p.Number, "added")
		case up && old.State&openflow.LinkDown != 0:
			say(p.Number, "up")
		case !up && old.State&openflow.LinkDown == 0:
			say(p.Number, "down")
		}
	}
	for n := range was {
		say(n, "deleted")
	}
}

// writeFlows writes all flows of a switch into a file of their own.
func writeFlows(db *config.DB, dp *config.DP, told *openflow.FlowStatsReply, at time.Time) error {
	text, err := json.MarshalIndent(map[string]any{"OFPFlowStatsReply": map[string]any{"body": flowsJSON(told), "flags": 0, "type": 1}}, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(db.Path, fmt.Sprintf("%s--flowtable--%s.json", dp.Name, at.Format("2006-01-02T15:04:05")))
	if !db.Compress {
		return os.WriteFile(name, text, 0o644)
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	z.Name, z.ModTime = filepath.Base(name), at
	if _, err := z.Write(text); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

// writable says what a database of type text lacks for a watcher.
func writable(w *config.Watcher) error {
	if w.Type == "flow_table" {
		if w.DB.Path == "" {
			return fmt.Errorf("%s: a database of type text for flow_table needs path, a folder", w.DB.At)
		}
		if info, err := os.Stat(w.DB.Path); err != nil || !info.IsDir() {
			return fmt.Errorf("%s: %s is no folder", w.DB.At, w.DB.Path)
		}
		return nil
	}
	if w.DB.File == "" {
		return fmt.Errorf("%s: a database of type text for %s needs file", w.DB.At, w.Type)
	}
	return nil
}
