package callrecord

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A spool keeps rows on disk, in order, until they are delivered. It is a folder of
// files that are only added to, each of which goes away when all in it is delivered,
// and of a file that says how far delivery has come.
//
// A row is a line: the check sum of the text, a blank, the text. Rows that the process
// has written outlive its end, however it ends. Those that the machine's sudden end
// left half written are found by their sum, passed over and counted.
//
// Rows that the disk does not take are in memory until it does, or until they are
// delivered from there.
//
// A row may be delivered twice: if the process ends between its delivery and the
// note of that. None is delivered out of order, and none is left out.
type spool struct {
	dir   string
	limit int64 // bytes that may wait; a row beyond it is refused

	mu       sync.Mutex // held while a file is written to; deliveries are made without it
	files    []int      // numbers of the files, the oldest first
	sizes    map[int]int64
	to       *os.File // the newest
	first    position // of the next row to be delivered
	rows     int      // that wait
	bytes    int64
	late     late // those of them that are not on disk
	spoilt   uint64
	appended chan struct{} // holds one when there may be rows
}

// A position is a place in a file.
type position struct {
	file   int
	offset int64
}

const (
	segment   = 1 << 20 // bytes after which another file is begun
	positions = "position"
	extension = ".rows"
)

// errFull says that a spool has no room.
var errFull = errors.New("too much waits on disk already")

// openSpool reads what a folder holds, which it makes if there is none.
func openSpool(dir string, limit int64) (*spool, error) {
	s := &spool{dir: dir, limit: limit, sizes: map[int]int64{}, appended: make(chan struct{}, 1)}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make a folder for rows that wait: %w", err)
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the rows that wait: %w", err)
	}
	for _, e := range list {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok {
			if n, err := strconv.Atoi(name); err == nil {
				s.files = append(s.files, n)
			}
		}
	}
	slices.Sort(s.files)
	if text, err := os.ReadFile(filepath.Join(dir, positions)); err == nil {
		_, _ = fmt.Sscanf(string(text), "%d %d", &s.first.file, &s.first.offset)
	}
	for len(s.files) > 0 && s.files[0] < s.first.file { // delivered, and not removed any more
		_ = os.Remove(s.path(s.files[0]))
		s.files = s.files[1:]
	}
	if len(s.files) == 0 || s.files[0] != s.first.file {
		s.first = position{}
		if len(s.files) > 0 {
			s.first.file = s.files[0]
		}
	}
	for _, n := range s.files {
		if err := s.count(n); err != nil {
			return nil, err
		}
	}
	if s.rows == 0 { // nothing of an earlier run may be taken for a note about this one
		if err := s.empty(); err != nil {
			return nil, fmt.Errorf("make room for rows: %w", err)
		}
	}
	s.signal()
	return s, nil
}

func (s *spool) path(n int) string { return filepath.Join(s.dir, fmt.Sprintf("%08d%s", n, extension)) }

// count adds up the rows of a file, from where delivery has come to.
func (s *spool) count(n int) error {
	from := int64(0)
	if n == s.first.file {
		from = s.first.offset
	}
	f, err := os.Open(s.path(n))
	if err != nil {
		return fmt.Errorf("read the rows that wait: %w", err)
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return fmt.Errorf("read the rows that wait: %w", err)
	}
	r := bufio.NewReader(f)
	for at := from; ; {
		line, err := r.ReadBytes('\n')
		at += int64(len(line))
		s.sizes[n] = at
		switch _, whole := rowOf(line); {
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("read the rows that wait: %w", err)
		case whole:
			s.rows++
			s.bytes += int64(len(line))
		case len(line) > 0:
			s.spoilt++
		}
		if err != nil {
			return nil
		}
	}
}

func (s *spool) signal() {
	select {
	case s.appended <- struct{}{}:
	default: // it is known already
	}
}

// add writes rows, in one go. What has no room is left out, and an error tells of it.
func (s *spool) add(rows [][]byte) (added int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text []byte
	for _, row := range rows {
		if s.bytes+int64(len(text)+len(row)) > s.limit {
			err = errFull
			break
		}
		text = appendLine(text, row)
		added++
	}
	if added == 0 {
		return 0, err
	}
	cause := s.late.cause // behind what is in memory there is nothing on disk
	if cause == nil {
		cause = s.write(text)
	}
	if cause == nil {
		s.bytes += int64(len(text))
	} else {
		before := s.late.bytes
		kept := s.late.keep(rows[:added], cause)
		if s.bytes += s.late.bytes - before; kept < added {
			added, err = kept, cause
		}
	}
	s.rows += added
	s.signal()
	return added, err
}

func (s *spool) write(text []byte) error {
	if s.to == nil || s.sizes[s.files[len(s.files)-1]] > segment {
		if err := s.begin(); err != nil {
			return err
		}
	}
	n := s.files[len(s.files)-1]
	wrote, err := s.to.Write(text)
	if err != nil { // a disk that is full: what is half there does not count
		if wrote > 0 && s.to.Truncate(s.sizes[n]) != nil {
			s.sizes[n] += int64(wrote)
			_ = s.to.Close()
			s.to = nil // the next rows begin a file of their own
		}
		return fmt.Errorf("keep rows on disk: %w", err)
	}
	s.sizes[n] += int64(wrote)
	return nil
}

// begin opens another file. A start never adds to one of an earlier run, whose last
// line may have no end.
func (s *spool) begin() error {
	n := 1
	if len(s.files) > 0 {
		n = s.files[len(s.files)-1] + 1
	} else if s.first.file > 0 {
		n = s.first.file + 1
	}
	f, err := os.OpenFile(s.path(n), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return fmt.Errorf("keep rows on disk: %w", err)
	}
	if s.to != nil {
		_ = s.to.Close()
	}
	s.to = f
	s.files, s.sizes[n] = append(s.files, n), 0
	if len(s.files) == 1 {
		s.first = position{file: n}
	}
	return nil
}

// A load is rows that were read, and where those behind them begin.
type load struct {
	rows  [][]byte
	ends  []position // behind each row that is on disk; the others come after those
	sizes []int64
}

// next returns up to most rows that wait, the oldest first; none if there are none.
func (s *spool) next(most int) (load, error) {
	s.mu.Lock()
	s.settle()
	at, files, sizes := s.first, slices.Clone(s.files), map[int]int64{}
	for n, size := range s.sizes {
		sizes[n] = size
	}
	late := slices.Clone(s.late.rows[:min(most, len(s.late.rows))])
	s.mu.Unlock()
	var l load
	for _, n := range files {
		if n < at.file {
			continue
		}
		if n > at.file {
			at = position{file: n}
		}
		if err := l.read(s, at, sizes[n], most); err != nil {
			return l, err
		}
		if len(l.rows) == most {
			break
		}
	}
	for _, row := range late[:min(most-len(l.rows), len(late))] {
		l.rows, l.sizes = append(l.rows, row), append(l.sizes, lineSize(row))
	}
	return l, nil
}

// read takes the rows of one file, up to the size that it has.
func (l *load) read(s *spool, at position, size int64, most int) error {
	f, err := os.Open(s.path(at.file))
	if err != nil {
		return fmt.Errorf("read the rows that wait: %w", err)
	}
	defer f.Close()
	if _, err := f.Seek(at.offset, io.SeekStart); err != nil {
		return fmt.Errorf("read the rows that wait: %w", err)
	}
	r := bufio.NewReader(io.LimitReader(f, size-at.offset))
	for len(l.rows) < most {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the rows that wait: %w", err)
		}
		if len(line) == 0 {
			return nil
		}
		at.offset += int64(len(line))
		row, whole := rowOf(line)
		if !whole {
			if len(l.ends) > 0 { // delivery of the row before it passes over this one, too
				l.ends[len(l.ends)-1] = at
			}
			continue
		}
		l.rows, l.ends, l.sizes = append(l.rows, row), append(l.ends, at), append(l.sizes, int64(len(line)))
	}
	return nil
}

// rowOf returns the text of a line whose sum is right.
func rowOf(line []byte) ([]byte, bool) {
	sum, row, ok := bytes.Cut(bytes.TrimSuffix(line, []byte{'\n'}), []byte{' '})
	if !ok || len(line) == 0 || line[len(line)-1] != '\n' {
		return nil, false
	}
	want, err := strconv.ParseUint(string(sum), 16, 32)
	return row, err == nil && uint32(want) == crc32.ChecksumIEEE(row)
}

// delivered notes that the first n rows of a load have arrived.
func (s *spool) delivered(l load, n int) error {
	if n == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fromDisk := min(n, len(l.ends))
	s.late.drop(n - fromDisk)
	for _, size := range l.sizes[:n] {
		s.rows--
		s.bytes -= size
	}
	if s.rows <= len(s.late.rows) {
		return s.empty()
	}
	if fromDisk > 0 { // else somebody has emptied the files
		s.first = l.ends[fromDisk-1]
	}
	for len(s.files) > 0 && s.files[0] < s.first.file {
		_ = os.Remove(s.path(s.files[0]))
		delete(s.sizes, s.files[0])
		s.files = s.files[1:]
	}
	text := fmt.Sprintf("%d %d\n", s.first.file, s.first.offset)
	temporary := filepath.Join(s.dir, positions+".new")
	if err := os.WriteFile(temporary, []byte(text), 0o640); err != nil {
		return fmt.Errorf("note what was delivered: %w", err)
	}
	if err := os.Rename(temporary, filepath.Join(s.dir, positions)); err != nil {
		return fmt.Errorf("note what was delivered: %w", err)
	}
	return nil
}

// empty removes everything on disk: all of it is delivered. The note of how far delivery has come
// goes first: were it to outlive the files, it would be taken for one about later ones.
func (s *spool) empty() error {
	if s.to != nil {
		_ = s.to.Close()
		s.to = nil
	}
	if err := os.Remove(filepath.Join(s.dir, positions)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("note what was delivered: %w", err)
	}
	var failed error
	for _, n := range s.files {
		failed = errors.Join(failed, os.Remove(s.path(n)))
	}
	s.files, s.sizes, s.first, s.rows, s.bytes = nil, map[int]int64{}, position{}, len(s.late.rows), s.late.bytes
	return failed
}

// waiting is how many rows wait, how many bytes they have, and how many were spoilt.
func (s *spool) waiting() (rows int, size int64, spoilt uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows, s.bytes, s.spoilt
}

// close ends writing, with what the disk takes of the rows in memory.
func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	if s.to != nil {
		_ = s.to.Close()
		s.to = nil
	}
}
