package control

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/openflow"
)

// A channelLog writes down what a switch and its controller say to each other, a line
// each message, where the configuration says so (ofchannel_log). What was said before
// the switch was known is not in it. Its methods may be called concurrently.
type channelLog struct {
	mu   sync.Mutex // leaf
	name string     // of the switch
	path string     // "" for none
	file *os.File
	log  *slog.Logger
}

// use goes on in another file, or in none.
func (l *channelLog) use(name, path string, log *slog.Logger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.path == path {
		return
	}
	l.close()
	l.name, l.path, l.log = name, path, log
	if path == "" {
		return
	}
	var err error
	if l.file, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		log.Error("ofchannel_log is not written", "error", err)
	}
}

// close is called with mu held.
func (l *channelLog) close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// trace is told of each message.
func (l *channelLog) trace(sent bool, xid uint32, m openflow.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return
	}
	way := map[bool]string{false: "received", true: "sent"}[sent]
	body := strings.TrimPrefix(fmt.Sprintf("%+v", m), "&")
	if _, err := fmt.Fprintf(l.file, "%s %s %s xid=%#x %s %s\n", time.Now().Format(time.RFC3339Nano), l.name, way, xid, m.Type(), body); err != nil {
		l.log.Error("ofchannel_log is not written any more", "error", err)
		l.close()
	}
}
