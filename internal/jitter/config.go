package jitter

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is the way in which a buffer chooses its delay.
type Kind uint8

// The kinds of buffers.
const (
	Fixed Kind = iota
	Adaptive
)

// String returns the word of configuration files.
func (k Kind) String() string {
	if k == Adaptive {
		return "adaptive"
	}
	return "fixed"
}

// ParseKind reads that word.
func ParseKind(text string) (Kind, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "fixed":
		return Fixed, nil
	case "adaptive":
		return Adaptive, nil
	}
	return Fixed, fmt.Errorf("%q is neither fixed nor adaptive", text)
}

// Config says how a buffer works.
type Config struct {
	Kind Kind
	// MaxSize is the delay of a fixed buffer, and the longest of an adaptive one.
	MaxSize time.Duration
	// Resync is how far the way of a packet may be from that of the others before
	// the buffer begins anew.
	Resync time.Duration
	// TargetExtra is what an adaptive buffer adds to the jitter that it sees.
	TargetExtra time.Duration
	// SyncVideo holds the pictures of the call back for as long as its sound.
	SyncVideo bool
}

// Default is the configuration of who asks for nothing in particular, with the
// reference's values.
func Default(k Kind) Config {
	return Config{Kind: k, MaxSize: 200 * time.Millisecond, Resync: time.Second, TargetExtra: 40 * time.Millisecond}
}

// Parse reads the value of JITTERBUFFER: max_size,resync_threshold,target_extra,
// sync_video, in ms. What is left out, is no number, or is a size of nothing, stays
// as Default has it, and so does "default"; the reference is as lenient.
func Parse(k Kind, text string) Config {
	c := Default(k)
	fields := strings.Split(text, ",")
	for i, set := range []func(string){c.SetMaxSize, c.SetResync, c.SetTargetExtra} {
		if i < len(fields) && strings.TrimSpace(fields[i]) != "" {
			set(fields[i])
		}
	}
	if len(fields) > 3 {
		switch strings.ToLower(strings.TrimSpace(fields[3])) {
		case "1", "y", "yes", "t", "true", "on":
			c.SyncVideo = true
		}
	}
	return c
}

// longest is the longest time that a buffer may be asked for: what it holds is memory.
const longest = time.Minute

// SetMaxSize reads MaxSize in ms; what is none, or below 1, changes nothing.
func (c *Config) SetMaxSize(text string) { positive(&c.MaxSize, text) }

// SetResync reads Resync likewise.
func (c *Config) SetResync(text string) { positive(&c.Resync, text) }

func positive(at *time.Duration, text string) {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n > 0 {
		*at = min(time.Duration(n)*time.Millisecond, longest)
	}
}

// SetTargetExtra reads TargetExtra in ms, which may be 0.
func (c *Config) SetTargetExtra(text string) {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		c.TargetExtra = min(time.Duration(max(n, 0))*time.Millisecond, longest)
	}
}
