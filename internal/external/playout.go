package external

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/media"
)

// The limits of what a program may send ahead, in frames of 20 ms, as the reference has
// them: from the second on it is told to stop, below the first to go on, and what comes
// past the last is dropped.
const (
	goOnBelow  = 800
	stopFrom   = 900
	mostFrames = 1000
)

// An entry is a frame that waits, or what is told where it would be heard.
type entry struct {
	data []byte
	told *notice
}

// A notice is something that the program is told.
type notice struct{ event, id string }

// A playout is what a program has sent and the leg has not heard yet.
type playout struct {
	format *media.Format
	size   int // bytes of a frame, 0 where each message is one

	mu      sync.Mutex // a leaf
	queue   []entry
	frames  int    // in queue
	rest    []byte // less than a frame, while it is buffering
	bulk    bool
	paused  bool
	stopped bool // the program was told to stop
	drained bool // it wants to know when all is heard
}

// state is what the program may ask for.
type state struct {
	frames       int
	full         bool
	bulk, paused bool
}

func (p *playout) state() state {
	p.mu.Lock()
	defer p.mu.Unlock()
	return state{frames: p.frames, full: p.stopped, bulk: p.bulk, paused: p.paused}
}

// put takes media, and returns what the program is to be told.
func (p *playout) put(data []byte) (told []notice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.size == 0 {
		return p.add(data)
	}
	if p.bulk {
		data = append(p.rest, data...)
		p.rest = nil
	}
	for len(data) >= p.size {
		told = append(told, p.add(data[:p.size:p.size])...)
		data = data[p.size:]
	}
	switch {
	case len(data) == 0:
	case p.bulk:
		p.rest = append([]byte(nil), data...)
	default:
		told = append(told, p.add(data)...)
	}
	return told
}

// add adds a frame; p.mu is held.
func (p *playout) add(data []byte) (told []notice) {
	if p.frames >= mostFrames {
		return nil
	}
	p.queue = append(p.queue, entry{data: data})
	if p.frames++; p.frames >= stopFrom && !p.stopped {
		p.stopped = true
		told = []notice{{event: "MEDIA_XOFF"}}
	}
	return told
}

// mark puts something into the queue that is told when what is before it was heard.
func (p *playout) mark(n notice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, entry{told: &n})
}

// buffer begins to collect what comes in messages of any length, or ends that: what is left is
// made a frame.
func (p *playout) buffer(on bool) (told []notice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !on && len(p.rest) > 0 {
		frame := append(p.rest, p.silence(p.size-len(p.rest))...)
		p.rest = nil
		told = p.add(frame)
	}
	p.bulk = on
	return told
}

// silence is so many bytes of it.
func (p *playout) silence(n int) []byte {
	b := make([]byte, n)
	fill := byte(0)
	switch p.format {
	case media.ULaw:
		fill = 0xff
	case media.ALaw:
		fill = 0xd5
	}
	for i := range b {
		b[i] = fill
	}
	return b
}

// flush forgets all that waits.
func (p *playout) flush() (told []notice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue, p.rest, p.frames, p.bulk, p.paused = nil, nil, 0, false, false
	if p.stopped {
		p.stopped = false
		told = []notice{{event: "MEDIA_XON"}}
	}
	return told
}

func (p *playout) pause(on bool) {
	p.mu.Lock()
	p.paused = on
	p.mu.Unlock()
}

// report asks to be told once when all was heard.
func (p *playout) report() {
	p.mu.Lock()
	p.drained = true
	p.mu.Unlock()
}

// next takes a frame for the next 20 ms, nil if there is none, and what is to be told: what
// stands before it, as what was played before is heard by now.
func (p *playout) next() (data []byte, told []notice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused {
		return nil, nil
	}
	for len(p.queue) > 0 && p.queue[0].told != nil {
		told = append(told, *p.queue[0].told)
		p.queue = p.queue[1:]
	}
	if len(p.queue) == 0 {
		p.queue = nil
		if p.drained {
			p.drained = false
			told = append(told, notice{event: "QUEUE_DRAINED"})
		}
		return nil, told
	}
	data, p.queue = p.queue[0].data, p.queue[1:]
	if p.frames--; p.stopped && p.frames < goOnBelow {
		p.stopped = false
		told = append(told, notice{event: "MEDIA_XON"})
	}
	return data, told
}
