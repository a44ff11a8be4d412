package function

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
)

// A curlOption is how an option of CURL is kept and read back.
type curlOption uint8

const (
	curlText   curlOption = iota
	curlNumber            // an integer
	curlTruth             // read back as -1 or 0
	curlTime              // seconds, with a fraction
	curlList              // may be set several times
)

// curlKeys are the options that CURLOPT knows.
var curlKeys = map[string]curlOption{
	"header": curlTruth, "httpheader": curlList, "proxy": curlText, "proxyport": curlNumber, "proxytype": curlText,
	"dnstimeout": curlTime, "conntimeout": curlTime, "httptimeout": curlTime, "ftptimeout": curlTime, "ftptext": curlTruth,
	"userpwd": curlText, "proxyuserpwd": curlText, "httpauth": curlText, "followlocation": curlTruth, "maxredirs": curlNumber,
	"referer": curlText, "useragent": curlText, "cookie": curlList, "ssl_verifypeer": curlTruth, "ssl_verifyhost": curlNumber,
	"ssl_cainfo": curlText, "ssl_capath": curlText, "ssl_cert": curlText, "ssl_certtype": curlText, "ssl_key": curlText,
	"ssl_keytype": curlText, "ssl_keypasswd": curlText, "hashcompat": curlText, "failurecodes": curlText,
}

// curlSettings are options by name, lower case. They are replaced, never changed.
type curlSettings map[string][]string

// curlOptions are those that hold for all legs.
type curlOptions struct {
	mu     sync.Mutex // a leaf
	global curlSettings
}

type curlKey struct{}

// settings are the options that hold for a leg, which may be nil: its own, and of
// headers those of all legs as well.
func (h *House) settings(c *channel.Channel) curlSettings {
	h.curl.mu.Lock()
	all := h.curl.global
	h.curl.mu.Unlock()
	if c == nil {
		return all
	}
	own, _ := c.Value(curlKey{}).(curlSettings)
	both := curlSettings{}
	for name, values := range all {
		both[name] = values
	}
	for name, values := range own {
		if name == "httpheader" {
			values = slices.Concat(both[name], values)
		}
		both[name] = values
	}
	return both
}

func (s curlSettings) first(name string) string {
	if list := s[name]; len(list) > 0 {
		return list[0]
	}
	return ""
}

func (s curlSettings) is(name string) bool { return s.first(name) == "-1" }

// duration is a timeout, or a default if it is not set.
func (s curlSettings) duration(name string, otherwise time.Duration) time.Duration {
	v, err := strconv.ParseFloat(s.first(name), 64)
	if err != nil {
		return otherwise
	}
	return time.Duration(v * float64(time.Second))
}

func (h *House) curlOptionRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(args))
	if _, ok := curlKeys[name]; !ok {
		return "", fmt.Errorf("CURLOPT has no option %q", args)
	}
	return h.settings(c).first(name), nil
}

func (h *House) curlOptionWrite(_ context.Context, c *channel.Channel, args, value string) error {
	name := strings.ToLower(strings.TrimSpace(args))
	kind, ok := curlKeys[name]
	if !ok {
		return fmt.Errorf("CURLOPT has no option %q", args)
	}
	value, err := curlValue(name, kind, value)
	if err != nil {
		return err
	}
	if c == nil {
		h.curl.mu.Lock()
		h.curl.global = h.curl.global.with(name, value, kind == curlList)
		h.curl.mu.Unlock()
		return nil
	}
	own, _ := c.Value(curlKey{}).(curlSettings)
	c.SetValue(curlKey{}, own.with(name, value, kind == curlList))
	return nil
}

func (s curlSettings) with(name, value string, added bool) curlSettings {
	n := curlSettings{}
	for k, v := range s {
		n[k] = v
	}
	if added {
		n[name] = append(slices.Clone(s[name]), value)
	} else {
		n[name] = []string{value}
	}
	return n
}

// curlValue is an option as it is kept, and read back.
func curlValue(name string, kind curlOption, value string) (string, error) {
	switch kind {
	case curlTruth:
		if config.True(value) {
			return "-1", nil
		}
		return "0", nil
	case curlNumber:
		n, _, _ := leadingSigned(value)
		return strconv.Itoa(n), nil
	case curlTime:
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || v < 0 {
			return "", fmt.Errorf("CURLOPT(%s): %q is no time", name, value)
		}
		if v == float64(int(v)) {
			return strconv.Itoa(int(v)), nil
		}
		return strconv.FormatFloat(v, 'f', 3, 64), nil
	}
	switch name {
	case "hashcompat":
		if strings.EqualFold(value, "legacy") {
			return "legacy", nil
		}
		return map[bool]string{true: "yes", false: "no"}[config.True(value)], nil
	case "proxytype":
		if low := strings.ToLower(value); low == "socks4" || strings.HasPrefix(low, "socks5") {
			return low[:6], nil
		}
		return "http", nil
	case "httpauth":
		if !strings.EqualFold(strings.TrimSpace(value), "basic") {
			return "", fmt.Errorf("CURLOPT(httpauth): %s is not there yet", value)
		}
	}
	return value, nil
}

// leadingSigned reads an integer at the start of a text.
func leadingSigned(text string) (n int, rest string, ok bool) {
	text = strings.TrimSpace(text)
	if after, minus := strings.CutPrefix(text, "-"); minus {
		n, rest, ok = leadingInteger(after)
		return -n, rest, ok
	}
	return leadingInteger(text)
}
