package callrecord

import (
	"fmt"
	"hash/crc32"
	"slices"
)

// longestLate bounds what of one spool may be in memory, in bytes.
const longestLate = 16 << 20

// A late is the rows of a spool that the disk did not take, because it is full or gone.
// They are behind all that are on disk, and go there when it takes rows again, or are
// delivered from memory. The mutex of the spool is held.
type late struct {
	rows  [][]byte
	bytes int64 // that they would have on disk
	cause error // why they are here; nil if there are none
}

// keep takes rows as long as there is room, and returns how many.
func (l *late) keep(rows [][]byte, cause error) (kept int) {
	for _, row := range rows {
		size := lineSize(row)
		if l.bytes+size > longestLate {
			break
		}
		l.rows = append(l.rows, slices.Clone(row))
		l.bytes += size
		l.cause = cause
		kept++
	}
	return kept
}

// drop forgets the oldest n rows.
func (l *late) drop(n int) {
	for _, row := range l.rows[:n] {
		l.bytes -= lineSize(row)
	}
	if l.rows = l.rows[n:]; len(l.rows) == 0 {
		*l = late{}
	}
}

// settledAtOnce is about how many bytes are tried on a disk that did not take any.
const settledAtOnce = 64 << 10

// settle brings to disk what it takes of the rows in memory. No load may be on its way.
func (s *spool) settle() {
	for len(s.late.rows) > 0 {
		var text []byte
		n := 0
		for n < len(s.late.rows) && len(text) < settledAtOnce {
			text = appendLine(text, s.late.rows[n])
			n++
		}
		if err := s.write(text); err != nil {
			s.late.cause = err
			return
		}
		s.late.drop(n)
	}
}

// inMemory says why rows are in memory alone; nil if none are.
func (s *spool) inMemory() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.late.cause
}

// appendLine appends a row as it is on disk.
func appendLine(text, row []byte) []byte {
	text = fmt.Appendf(text, "%08x ", crc32.ChecksumIEEE(row))
	return append(append(text, row...), '\n')
}

// lineSize is how many bytes a row has on disk.
func lineSize(row []byte) int64 { return int64(len("00000000 ") + len(row) + len("\n")) }
