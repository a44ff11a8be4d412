package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// StatsD is where the application of that name sends to: statsd.conf.
type StatsD struct {
	Server     string // host:port; "" for nowhere
	Prefix     string
	Newline    bool
	NoMeters   bool // m is sent as c
	connection net.Conn
}

// statsdPort is the port of a server that names none.
const statsdPort = "8125"

// ReadStatsD reads statsd.conf, of which a nil is none.
func ReadStatsD(f *config.File) (*StatsD, []config.Diagnostic) {
	s := &StatsD{}
	r := config.NewReader(nil)
	enabled, server := false, "127.0.0.1"
	for _, e := range f.Section("general").Lines() {
		switch strings.ToLower(e.Key) {
		case "enabled":
			enabled = config.True(e.Value)
		case "server":
			server = e.Value
		case "prefix":
			s.Prefix = e.Value
		case "add_newline":
			s.Newline = config.True(e.Value)
		case "meter_support":
			s.NoMeters = !config.True(e.Value)
		default:
			r.Report(config.Warning, e, "", "unknown option %s", e.Key)
		}
	}
	if enabled {
		s.Server = server
		if _, _, err := net.SplitHostPort(server); err != nil {
			s.Server = net.JoinHostPort(strings.Trim(server, "[]"), statsdPort)
		}
	}
	return s, r.Diagnostics()
}

// statistics is the server of now, nil before one is set.
type statistics struct{ atomic.Pointer[StatsD] }

// ConfigureStatsD has figures sent there from now on.
func (h *House) ConfigureStatsD(s *StatsD) error {
	if s.Server != "" {
		c, err := net.Dial("udp", s.Server) //nolint:noctx // UDP connects at once, but for the name
		if err != nil {
			return fmt.Errorf("statsd server: %w", err)
		}
		s.connection = c
	}
	if old := h.stats.Swap(s); old != nil && old.connection != nil {
		_ = old.connection.Close()
	}
	return nil
}

var (
	statsdNumber = regexp.MustCompile(`^[0-9]+$`)
	statsdSigned = regexp.MustCompile(`^[+-]?[0-9]+$`)
)

// statsD sends one figure. What is wrong with it is told, and the call goes on.
func (h *House) statsD(_ context.Context, c *channel.Channel, data string) error {
	line, rate, err := figure(data)
	if err != nil {
		h.Logger.Error("StatsD: "+err.Error(), "channel", c.Name())
		return nil
	}
	if rate < 1 && rand.Float64() >= rate { //nolint:gosec // which calls are counted is no secret
		return nil
	}
	h.Figure(line)
	return nil
}

// Figure sends a line of StatsD's to the server, if there is one.
func (h *House) Figure(line string) {
	s := h.stats.Load()
	if s == nil || s.connection == nil {
		return
	}
	if _, err := s.connection.Write([]byte(s.text(line))); err != nil {
		h.Logger.Debug("a figure was not sent", "error", err)
	}
}

// WantsFigures reports whether there is a server to send to.
func (h *House) WantsFigures() bool {
	s := h.stats.Load()
	return s != nil && s.connection != nil
}

// figure reads "type,name,value[,rate]" and returns it as statsd has it.
func figure(data string) (line string, rate float64, err error) {
	args := command.SplitArgs(data, 4)
	kind, name, value := command.Arg(args, 0), command.Arg(args, 1), command.Arg(args, 2)
	switch {
	case kind == "" || name == "" || value == "":
		return "", 0, errors.New("it needs a type, a name and a value")
	case strings.ContainsAny(name, ":|@"):
		return "", 0, fmt.Errorf("the name %q has one of : | @", name)
	case kind == "g" && !statsdSigned.MatchString(value),
		(kind == "c" || kind == "ms" || kind == "m") && !statsdNumber.MatchString(value),
		kind == "s" && strings.ContainsAny(value, ":|@"):
		return "", 0, fmt.Errorf("%q is no value of type %s", value, kind)
	case kind != "g" && kind != "c" && kind != "ms" && kind != "m" && kind != "s":
		return "", 0, fmt.Errorf("%q is no type", kind)
	}
	line, rate = name+":"+value+"|"+kind, 1
	if text := command.Arg(args, 3); text != "" {
		if rate, err = strconv.ParseFloat(text, 64); err != nil || rate <= 0 || rate > 1 {
			return "", 0, fmt.Errorf("%q is no sample rate above 0 and up to 1", text)
		}
		if rate < 1 {
			line += "|@" + text
		}
	}
	return line, rate, nil
}

// text is a figure as this server wants it.
func (s *StatsD) text(line string) string {
	if parts := strings.Split(line, "|"); s.NoMeters && parts[1] == "m" {
		parts[1] = "c"
		line = strings.Join(parts, "|")
	}
	if s.Prefix != "" {
		line = s.Prefix + "." + line
	}
	if s.Newline {
		line += "\n"
	}
	return line
}
