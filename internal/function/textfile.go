package function

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// textFiles are the functions of files of text.
func (h *House) textFiles() []Function {
	return []Function{
		risky(full("FILE", "func_env", "Part of a file, by bytes or by lines", "filename[,offset[,length[,options[,format]]]]",
			func(_ context.Context, _ *channel.Channel, args string) (string, error) { return fileRead(args) },
			func(_ context.Context, _ *channel.Channel, args, value string) error { return fileWrite(args, value) }), true),
		riskyRead(read("FILE_COUNT_LINE", "func_env", "Number of lines of a file, -1 if it can't be read", "filename[,format]", countLines)),
		riskyRead(read("FILE_FORMAT", "func_env", "How the lines of a file end: u, d, m, or x if that can't be told", "filename",
			func(name string) (string, error) {
				data, err := readText(name)
				if err != nil {
					return "x", err
				}
				return string(rune(lineFormat(data))), nil
			})),
	}
}

// longestText bounds what of a file is in memory, in bytes.
const longestText = 64 << 20

func tooLong(name string) error { return fmt.Errorf("%s has more than %d bytes", name, longestText) }

// readText reads a file as a whole, if it is not too long, and no pipe that would have the
// call wait.
func readText(name string) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err != nil || info.Mode()&fs.ModeNamedPipe != 0 {
		return nil, errors.Join(err, fmt.Errorf("%s is no file", name))
	}
	data, err := io.ReadAll(io.LimitReader(f, longestText+1))
	if err == nil && len(data) > longestText {
		return nil, tooLong(name)
	}
	return data, err
}

// lineEnds are the ends of lines by the letter of a format: Unix, DOS, Macintosh.
var lineEnds = map[byte]string{'u': "\n", 'd': "\r\n", 'm': "\r"}

// lineFormat tells by the first end of a line how lines end, 'x' if there is none.
func lineFormat(data []byte) byte {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0:
		return 'x'
	case data[i] == '\n':
		return 'u'
	case i+1 < len(data) && data[i+1] == '\n':
		return 'd'
	}
	return 'm'
}

func countLines(args string) (string, error) {
	name, format, _ := strings.Cut(args, ",")
	data, err := readText(name)
	if err != nil {
		return "-1", err
	}
	end, known := "", false
	if format != "" {
		end, known = lineEnds[format[0]]
	}
	if !known {
		end = lineEnds[lineFormat(data)]
	}
	if end == "" {
		return "0", nil
	}
	return strconv.Itoa(bytes.Count(data, []byte(end))), nil
}

// A portion is what the arguments of FILE ask for. Offset and length may be
// negative: then they count from the end.
type portion struct {
	name                 string
	offset, length       int
	hasOffset, hasLength bool
	lines, appended      bool
	bare                 bool // no end of line behind what is written
	format               byte // of lines; 0 as the file has it
}

func parsePortion(args string) (p portion, err error) {
	parts := command.SplitArgs(args, 5)
	p.name = command.Arg(parts, 0)
	if p.name == "" {
		return p, errArgs
	}
	for i, into := range []*int{&p.offset, &p.length} {
		text := strings.TrimSpace(command.Arg(parts, i+1))
		if text == "" {
			continue
		}
		if *into, err = strconv.Atoi(text); err != nil {
			return p, fmt.Errorf("FILE: %q is no number", text)
		}
		*[]*bool{&p.hasOffset, &p.hasLength}[i] = true
	}
	options := command.Arg(parts, 3)
	p.lines, p.appended, p.bare = strings.Contains(options, "l"), strings.Contains(options, "a"), strings.Contains(options, "d")
	if format := command.Arg(parts, 4); format != "" && lineEnds[format[0]] != "" {
		p.format = format[0]
	}
	return p, nil
}

// span is the part of something of a length from an offset on. It fails for an
// offset in front of the beginning; one behind the end is allowed.
func (p *portion) span(whole int) (from, to int, err error) {
	if from = p.offset; from < 0 {
		if from += whole; from < 0 {
			return 0, 0, fmt.Errorf("FILE: offset %d is before the beginning of %s", p.offset, p.name)
		}
	}
	to = whole
	switch {
	case p.hasLength && p.length < 0:
		to = max(from, whole+p.length)
	case p.hasLength:
		to = from + p.length
	}
	return from, max(from, min(to, whole)), nil
}

// bounds are the places in data where lines begin, and its end.
func bounds(data []byte, end string) []int {
	list := []int{0}
	for at := 0; at < len(data); {
		i := bytes.Index(data[at:], []byte(end))
		if i < 0 {
			return append(list, len(data))
		}
		at += i + len(end)
		list = append(list, at)
	}
	return list
}

// part is where in data the portion is, in bytes.
func (p *portion) part(data []byte) (from, to int, err error) {
	if !p.lines {
		return p.span(len(data))
	}
	format := p.format
	if format == 0 {
		format = lineFormat(data)
	}
	end := lineEnds[format]
	if end == "" {
		return 0, 0, fmt.Errorf("FILE: %s has no lines", p.name)
	}
	starts := bounds(data, end)
	if from, to, err = p.span(len(starts) - 1); err != nil {
		return 0, 0, err
	}
	if from >= len(starts)-1 && from > 0 {
		return 0, 0, fmt.Errorf("FILE: %s has no line %d", p.name, from)
	}
	return starts[from], starts[to], nil
}

func fileRead(args string) (string, error) {
	p, err := parsePortion(args)
	if err != nil {
		return "", err
	}
	if !p.lines {
		if text, err := p.readBytes(); !errors.Is(err, errNoSize) {
			return text, err
		}
	}
	data, err := readText(p.name)
	if err != nil {
		return "", err
	}
	from, to, err := p.part(data)
	if err != nil || from >= len(data) {
		return "", err
	}
	return string(data[from:to]), nil
}

// errNoSize says that a file does not tell how long it is, as those of /proc don't.
var errNoSize = errors.New("the file has no size")

// readBytes reads a portion in bytes, and nothing around it.
func (p *portion) readBytes() (string, error) {
	info, err := os.Stat(p.name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return "", errNoSize
	}
	from, to, err := p.span(int(info.Size()))
	if err != nil {
		return "", err
	}
	if to-from > longestText {
		return "", fmt.Errorf("FILE: %w", tooLong(p.name))
	}
	f, err := os.Open(p.name)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	data := make([]byte, to-from)
	n, err := f.ReadAt(data, int64(from))
	if errors.Is(err, io.EOF) { // it has become shorter
		err = nil
	}
	return string(data[:n]), err
}

func fileWrite(args, value string) error {
	p, err := parsePortion(args)
	if err != nil {
		return err
	}
	if p.appended {
		return p.add(value)
	}
	data, err := readText(p.name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if p.lines && !p.bare {
		value += p.lineEnd(data)
	}
	switch {
	case !p.hasOffset && !p.hasLength:
		data = []byte(value)
	default:
		from, to, err := p.part(data)
		if err != nil {
			return err
		}
		if from > len(data) {
			data = append(data, make([]byte, from-len(data))...)
			to = from
		}
		data = append(data[:from:from], value+string(data[to:])...)
	}
	return os.WriteFile(p.name, data, 0o666) //nolint:gosec // as the umask says: other programs shall read it
}

// add writes behind the end in one go: other calls may do the same, and what is there stays
// as it is whatever happens.
func (p *portion) add(value string) error {
	if p.lines && !p.bare {
		value += p.lineEnd(readHead(p.name))
	}
	// A pipe that nobody reads is an error, and not waited for.
	f, err := os.OpenFile(p.name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o666) //nolint:gosec // other programs shall read it
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	return errors.Join(err, f.Close())
}

// readHead returns the beginning of a file, whose first line tells how the others end;
// nothing if there is none.
func readHead(name string) []byte {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 64<<10)
	n, _ := f.ReadAt(head, 0)
	return head[:n]
}

// lineEnd is the end of a line to write: as asked for, or as the file has it.
func (p *portion) lineEnd(data []byte) string {
	format := p.format
	if format == 0 {
		format = lineFormat(data)
	}
	if end := lineEnds[format]; end != "" {
		return end
	}
	return "\n"
}
