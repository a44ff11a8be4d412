package callrecord

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func openSpoolT(t *testing.T, dir string, limit int64) *spool {
	t.Helper()
	s, err := openSpool(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func texts(l load) string {
	var list []string
	for _, row := range l.rows {
		list = append(list, string(row))
	}
	return strings.Join(list, " ")
}

func take(t *testing.T, s *spool, most, arrived int) string {
	t.Helper()
	l, err := s.next(most)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.delivered(l, arrived); err != nil {
		t.Fatal(err)
	}
	return texts(l)
}

func TestRowsOutliveTheProcess(t *testing.T) {
	dir := t.TempDir()
	s := openSpoolT(t, dir, 1<<20)
	if _, err := s.add([][]byte{[]byte("a"), []byte("b"), []byte("c")}); err != nil {
		t.Fatal(err)
	}
	if got := take(t, s, 2, 1); got != "a b" {
		t.Errorf("first %q, want a b", got)
	}
	// the process ends, in the middle of writing a line
	f, err := os.OpenFile(s.path(1), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("0badc0de half a l"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	s = openSpoolT(t, dir, 1<<20)
	if rows, _, spoilt := s.waiting(); rows != 2 || spoilt != 1 {
		t.Errorf("%d rows and %d spoilt, want 2 and 1", rows, spoilt)
	}
	if _, err := s.add([][]byte{[]byte("d")}); err != nil {
		t.Fatal(err)
	}
	if got := take(t, s, 10, 3); got != "b c d" {
		t.Errorf("after the restart %q, want b c d", got)
	}
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("files are left when all is delivered: %v", list)
	}
}

// A row whose text was changed on the disk is passed over, and those behind it arrive.
func TestSpoiltRowsArePassedOver(t *testing.T) {
	dir := t.TempDir()
	s := openSpoolT(t, dir, 1<<20)
	if _, err := s.add([][]byte{[]byte("one"), []byte("two"), []byte("three")}); err != nil {
		t.Fatal(err)
	}
	path := s.path(1)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "two", "tvo", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	s = openSpoolT(t, dir, 1<<20)
	if got := take(t, s, 10, 2); got != "one three" {
		t.Errorf("got %q, want one three", got)
	}
	if rows, size, spoilt := s.waiting(); rows != 0 || size != 0 || spoilt != 1 {
		t.Errorf("left %d rows of %d bytes, %d spoilt; want 0, 0, 1", rows, size, spoilt)
	}
}

func TestSpoolIsBounded(t *testing.T) {
	s := openSpoolT(t, t.TempDir(), 64)
	row := []byte(strings.Repeat("x", 20))
	n, err := s.add([][]byte{row, row, row, row})
	if n != 2 || !errors.Is(err, errFull) {
		t.Errorf("%d rows were taken (%v), want 2 and %v", n, err, errFull)
	}
	take(t, s, 1, 1)
	if n, err := s.add([][]byte{row}); n != 1 || err != nil {
		t.Errorf("after a delivery there is no room: %v", err)
	}
}

// fill has the disk take no more rows, until it has room again.
func (s *spool) fill(t interface{ Fatal(...any) }) (room func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.to == nil {
		if err := s.begin(); err != nil {
			t.Fatal(err)
		}
	}
	full := s.to
	_ = full.Close()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.to == full {
			s.to = nil
		}
	}
}

func TestRowsThatTheDiskDoesNotTake(t *testing.T) {
	dir := t.TempDir()
	s := openSpoolT(t, dir, 1<<30)
	row := func(text string) [][]byte { return [][]byte{[]byte(text)} }
	if _, err := s.add(row("a")); err != nil {
		t.Fatal(err)
	}
	s.fill(t)
	for _, text := range []string{"b", "c", "d"} {
		if n, err := s.add(row(text)); n != 1 || err != nil || s.inMemory() == nil {
			t.Errorf("%d rows were taken (%v), want 1 and the disk's error at hand: %v", n, err, s.inMemory())
		}
	}
	if got := take(t, s, 3, 2); got != "a b c" {
		t.Errorf("while the disk is full %q, want a b c", got)
	}
	if list, _ := os.ReadDir(dir); len(list) != 0 {
		t.Errorf("what is delivered still takes room of the disk: %v", list)
	}
	room := s.fill(t)
	if n, err := s.add([][]byte{make([]byte, longestLate-100), make([]byte, 200)}); n != 1 || err == nil {
		t.Errorf("%d rows were taken (%v), want 1 and the disk's error: memory is bounded", n, err)
	}
	room()
	s.close() // with room at last
	if err := s.inMemory(); err != nil {
		t.Errorf("rows are still in memory: %v", err)
	}
	s = openSpoolT(t, dir, 1<<30)
	if rows, _, _ := s.waiting(); rows != 3 {
		t.Errorf("%d rows are there at the next start, want c, d and the long one", rows)
	}
}

// Whatever is added, delivered and restarted, the rows come out in order and once,
// but for those of a delivery that nobody noted.
func TestSpoolKeepsTheOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp("", "spool")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s, err := openSpool(dir, 1<<30)
		if err != nil {
			r.Fatal(err)
		}
		added, arrived := 0, 0
		room := func() {}
		r.Repeat(map[string]func(*rapid.T){
			"add": func(r *rapid.T) {
				var rows [][]byte
				for range rapid.IntRange(1, 5).Draw(r, "rows") {
					size := rapid.SampledFrom([]int{0, 10, segment / 2}).Draw(r, "size")
					rows = append(rows, fmt.Appendf(nil, "%d %s", added, strings.Repeat("x", size)))
					added++
				}
				if _, err := s.add(rows); err != nil {
					r.Fatal(err)
				}
			},
			"deliver": func(r *rapid.T) {
				l, err := s.next(rapid.IntRange(1, 7).Draw(r, "most"))
				if err != nil {
					r.Fatal(err)
				}
				for i, row := range l.rows {
					if number, _, _ := strings.Cut(string(row), " "); number != fmt.Sprint(arrived+i) {
						r.Fatalf("row %s comes when %d should", number, arrived+i)
					}
				}
				n := rapid.IntRange(0, len(l.rows)).Draw(r, "arrived")
				if err := s.delivered(l, n); err != nil {
					r.Fatal(err)
				}
				arrived += n
			},
			"fill the disk": func(r *rapid.T) {
				if added == arrived {
					r.Skip("there is no file")
				}
				room = s.fill(r)
			},
			"make room": func(*rapid.T) { room() },
			"restart": func(r *rapid.T) {
				room()
				s.close()
				if s, err = openSpool(dir, 1<<30); err != nil {
					r.Fatal(err)
				}
			},
			"": func(r *rapid.T) {
				if rows, _, _ := s.waiting(); rows != added-arrived {
					r.Fatalf("%d rows wait, want %d", rows, added-arrived)
				}
				if list, _ := filepath.Glob(filepath.Join(dir, "*"+extension)); added == arrived && len(list) > 0 {
					r.Fatalf("files are left: %v", list)
				}
			},
		})
		s.close()
	})
}

// Somebody empties the files while other rows are in memory: those are delivered.
func TestRowsInMemoryOutliveThoseOnDisk(t *testing.T) {
	dir := t.TempDir()
	s, err := openSpool(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.add([][]byte{[]byte("on disk")}); err != nil {
		t.Fatal(err)
	}
	s.fill(t)
	for _, path := range s.paths() {
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.add([][]byte{[]byte("1"), []byte("2")}); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	l, err := s.next(1)
	if err != nil || len(l.rows) != 1 || string(l.rows[0]) != "1" {
		t.Fatalf("next are %q, %v", l.rows, err)
	}
	if err := s.delivered(l, 1); err != nil {
		t.Error(err)
	}
	if l, err := s.next(1); err != nil || len(l.rows) != 1 || string(l.rows[0]) != "2" {
		t.Errorf("next are %q, %v", l.rows, err)
	}
}

// paths are those of the files.
func (s *spool) paths() (list []string) {
	for _, n := range s.files {
		list = append(list, s.path(n))
	}
	return list
}
