package hep

import (
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	queueLength   = 1000  // packets; more are dropped
	longestPacket = 65507 // what UDP over IPv4 carries
	complainEvery = time.Minute
)

// A Sender sends packets to a capture server.
type Sender struct {
	Settings *Settings
	log      *slog.Logger
	conn     net.Conn
	queue    chan *Packet
	done     chan struct{}
	running  sync.WaitGroup
	dropped  atomic.Uint64
	sent     atomic.Uint64
}

// Start looks up the capture server and begins to send. Close ends it.
func Start(s *Settings, log *slog.Logger) (*Sender, error) {
	conn, err := net.Dial("udp", s.address)
	if err != nil {
		return nil, err
	}
	r := &Sender{Settings: s, log: log, conn: conn, queue: make(chan *Packet, queueLength), done: make(chan struct{})}
	r.running.Go(r.run)
	return r, nil
}

// Send has a packet sent. The payload is the sender's from now on. A nil Sender sends nothing.
func (s *Sender) Send(p *Packet) {
	if s == nil {
		return
	}
	select {
	case s.queue <- p:
	default:
		s.dropped.Add(1)
	}
}

// Figures returns how many packets were sent, and how many dropped. A nil Sender has none.
func (s *Sender) Figures() (sent, dropped uint64) {
	if s == nil {
		return 0, 0
	}
	return s.sent.Load(), s.dropped.Load()
}

// Close ends the sender; what still waits is not sent. A nil Sender is closed already.
func (s *Sender) Close() {
	if s == nil {
		return
	}
	close(s.done)
	s.running.Wait()
	_ = s.conn.Close()
}

func (s *Sender) run() {
	var buffer []byte
	var complained time.Time
	for {
		select {
		case <-s.done:
			return
		case p := <-s.queue:
			err := s.write(&buffer, p)
			if err != nil && time.Since(complained) > complainEvery {
				complained = time.Now()
				s.log.Warn("the capture server is not told of messages", "server", s.Settings.address, "error", err)
			}
		}
	}
}

func (s *Sender) write(buffer *[]byte, p *Packet) error {
	*buffer = Append((*buffer)[:0], s.Settings, p)
	if len(*buffer) > longestPacket {
		s.dropped.Add(1)
		return nil
	}
	if _, err := s.conn.Write(*buffer); err != nil {
		s.dropped.Add(1)
		return err
	}
	s.sent.Add(1)
	return nil
}
