package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A journal has changes that the database's file does not have yet: a commit waits for
// the disk, and the process may be killed meanwhile. They go to a file beside it within
// journalDelay, without waiting for the disk, and are read when the database is opened
// again. Each round of commits has a file of its own, which is removed when the round is
// in the database; where a commit is quicker than journalDelay there never is one.
type journal struct {
	base   string // of the files' names; a number follows
	failed func(error)

	mu        sync.Mutex // a leaf
	number    uint64     // of the round that changes go to now
	waiting   []segment  // not written yet; the last may be of number
	size      int        // of waiting
	committed uint64     // rounds up to this one are in the database
	off       bool

	files map[uint64]int64 // sizes, by number; of the goroutine
	wake  chan struct{}
	stop  chan struct{}
	done  chan struct{}
}

// segment is what is to be added to the file of a round.
type segment struct {
	number uint64
	bytes  []byte
}

const (
	journalDelay = 10 * time.Millisecond // a change waits for others to share its write
	// journalRoom is how much of changes the journal has at most, of those that wait for
	// the disk and of those in its files each; more are only in memory until their commit.
	journalRoom = 64 << 20
	journalName = ".changes-"
)

func newJournal(file string, failed func(error)) *journal {
	return &journal{base: file + journalName, failed: failed, number: 1, files: map[uint64]int64{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// change adds a change; nil is a deletion. It waits for nothing.
func (j *journal) change(key string, value *string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.off || j.size > journalRoom {
		return
	}
	if n := len(j.waiting); n == 0 || j.waiting[n-1].number != j.number {
		j.waiting = append(j.waiting, segment{number: j.number})
	}
	last := &j.waiting[len(j.waiting)-1]
	before := len(last.bytes)
	last.bytes = appendChange(last.bytes, key, value)
	j.size += len(last.bytes) - before
	j.poke()
}

// round ends the round of the changes so far and returns its number.
func (j *journal) round() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.number++
	return j.number - 1
}

// settle says that all changes up to those of a round are in the database.
func (j *journal) settle(number uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.committed = number
	j.poke()
}

// abandon ends the journal of a database that has no file: no commit will ever follow.
func (j *journal) abandon() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.off, j.waiting, j.size = true, nil, 0
}

func (j *journal) poke() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// close ends the goroutine. What is in the database has no file any more.
func (j *journal) close() {
	close(j.stop)
	<-j.done
}

// run writes the files. It is the journal's goroutine, which the database starts.
func (j *journal) run() {
	defer close(j.done)
	for {
		stopping := false
		select {
		case <-j.stop:
			stopping = true
		case <-j.wake:
			pause := time.NewTimer(journalDelay)
			select {
			case <-pause.C:
			case <-j.stop:
				stopping = true
			}
			pause.Stop()
		}
		j.mu.Lock()
		segments, committed := j.waiting, j.committed
		j.waiting, j.size = nil, 0
		j.mu.Unlock()
		for _, s := range segments {
			if s.number > committed {
				j.add(s)
			}
		}
		for number := range j.files {
			if number <= committed {
				if err := os.Remove(j.path(number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					j.failed(err)
				}
				delete(j.files, number)
			}
		}
		if stopping {
			return
		}
	}
}

func (j *journal) path(number uint64) string { return j.base + strconv.FormatUint(number, 10) }

// add adds changes to the file of their round.
func (j *journal) add(s segment) {
	all := int64(len(s.bytes))
	for _, size := range j.files {
		all += size
	}
	if all > journalRoom {
		return
	}
	f, err := os.OpenFile(j.path(s.number), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		j.files[s.number] += int64(len(s.bytes))
		_, err = f.Write(s.bytes)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		j.failed(err)
	}
}

// replay hands over the changes that an earlier process left, oldest first. It is called
// before run; changes from now on come after them.
func (j *journal) replay(change func(key string, value *string)) error {
	names, err := filepath.Glob(escapeGlob(j.base) + "*")
	if err != nil {
		return err
	}
	var numbers []uint64
	for _, name := range names {
		if n, err := strconv.ParseUint(strings.TrimPrefix(name, j.base), 10, 63); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		text, err := os.ReadFile(j.path(n))
		if err != nil {
			return err
		}
		j.files[n] = int64(len(text))
		for rest := text; ; {
			key, value, more, ok := cutChange(rest)
			if !ok { // the end, or what was being written when the process ended
				break
			}
			change(key, value)
			rest = more
		}
	}
	if n := len(numbers); n > 0 {
		j.mu.Lock()
		defer j.mu.Unlock()
		for i := range j.waiting { // changes since it was opened
			j.waiting[i].number += numbers[n-1]
		}
		j.number += numbers[n-1]
	}
	return nil
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// appendChange writes a change: the length of the rest but for its sum, the sum, whether
// there is a value, the length of the key, the key, the value.
func appendChange(b []byte, key string, value *string) []byte {
	at := len(b)
	b = append(b, make([]byte, 8)...)
	kind := byte('-')
	if value != nil {
		kind = '+'
	}
	b = binary.AppendUvarint(append(b, kind), uint64(len(key)))
	if b = append(b, key...); value != nil {
		b = append(b, *value...)
	}
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-8))
	binary.BigEndian.PutUint32(b[at+4:], crc32.ChecksumIEEE(b[at+8:]))
	return b
}

// cutChange reads the first change of b. It is not ok where there is none that is whole.
func cutChange(b []byte) (key string, value *string, rest []byte, ok bool) {
	if len(b) < 8 {
		return "", nil, nil, false
	}
	n := int64(binary.BigEndian.Uint32(b))
	if int64(len(b)-8) < n || n == 0 || crc32.ChecksumIEEE(b[8:8+n]) != binary.BigEndian.Uint32(b[4:]) {
		return "", nil, nil, false
	}
	text, rest := b[8:8+n], b[8+n:]
	length, used := binary.Uvarint(text[1:])
	if used <= 0 || length > uint64(len(text)-1-used) {
		return "", nil, nil, false
	}
	text, kind := text[1+used:], text[0]
	if key = string(text[:length]); kind == '+' {
		v := string(text[length:])
		value = &v
	}
	return key, value, rest, true
}
