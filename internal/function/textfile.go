package function

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

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
				data, err := os.ReadFile(name)
				if err != nil {
					return "x", err
				}
				return string(rune(lineFormat(data))), nil
			})),
	}
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
	data, err := os.ReadFile(name)
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
	data, err := os.ReadFile(p.name)
	if err != nil {
		return "", err
	}
	from, to, err := p.part(data)
	if err != nil || from >= len(data) {
		return "", err
	}
	return string(data[from:to]), nil
}

func fileWrite(args, value string) error {
	p, err := parsePortion(args)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(p.name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if p.lines && !p.bare {
		value += p.lineEnd(data)
	}
	switch {
	case p.appended:
		data = append(data, value...)
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
