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
// as Faucet's Gauge does: a line for each counter, or a file of JSON for all flows.
func writeText(w *config.Watcher, dp *config.DP, told openflow.ReplyBody, at time.Time) error {
	var lines textLines
	line := func(format string, args ...any) { lines.add(at, format, args...) }
	switch told := told.(type) {
	case *openflow.PortStatsReply:
		for _, p := range told.Ports {
			name := portName(dp, p.Port)
			for _, c := range portCounters(p) {
				line("%s-%s-%s\t%d", dp.Name, name, c.name("-"), c.value)
			}
		}
	case *openflow.MeterStatsReply:
		for _, m := range told.Meters {
			for _, c := range meterCounters(m) {
				line("%s-%d-%s\t%d", dp.Name, m.Meter, c.name("-"), c.value)
			}
		}
	case *openflow.FlowStatsReply:
		return writeFlows(w.DB, dp, told, at)
	}
	return lines.write(w.DB.File)
}

// textLines are lines of a log, each with its time.
type textLines struct{ bytes.Buffer }

func (l *textLines) add(at time.Time, format string, args ...any) {
	fmt.Fprintf(l, "%s\t%s\n", at.Format("Jan 02 15:04:05"), fmt.Sprintf(format, args...))
}

// write adds them to a file.
func (l *textLines) write(path string) error {
	if l.Len() == 0 {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(l.Bytes()); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// writePorts adds a line for each thing that happened to a port.
func writePorts(db *config.DB, dp *config.DP, list []*openflow.PortStatus, at time.Time) error {
	var lines textLines
	for _, m := range list {
		lines.add(at, "DPID %d (%#x) port %d %s", dp.DatapathID(), dp.DatapathID(), m.Port.Number, happened(m))
	}
	return lines.write(db.File)
}

func happened(m *openflow.PortStatus) string {
	switch {
	case m.Reason == openflow.PortAdded:
		return "added"
	case m.Reason == openflow.PortDeleted:
		return "deleted"
	case m.Reason != openflow.PortModified:
		return fmt.Sprintf("unknown state %d", m.Reason)
	case m.Port.State&openflow.LinkDown != 0:
		return "down"
	}
	return "up"
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
