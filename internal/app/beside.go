package app

import (
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// What packages beside this one need to be heard: conferences, and who else plays
// to legs.

// Digits plays a prompt and takes keys until #, as many as there may be, or a time
// without one. It is the owner's.
func (h *House) Digits(ctx context.Context, c *channel.Channel, prompt string, most int) (string, error) {
	response, digit := h.Dialplan.Timeouts(c)
	var files []string
	if prompt != "" {
		files = []string{prompt}
	}
	got, _, err := h.enter(ctx, c, entry{files: files, most: most, terminators: "#", first: response, next: digit})
	return got, err
}

// RecordName has a leg say its name after a tone, until # or a silence, and records it to
// a file of linear samples, whose path has no extension. It is the owner's.
func (h *House) RecordName(ctx context.Context, c *channel.Channel, path string) error {
	if _, err := h.playFile(ctx, c, "vm-rec-name", ""); ended(ctx, err) {
		return err
	}
	r := &recording{house: h, c: c, status: "TIMEOUT", tacit: true, limit: nameLongest, quiet: nameSilence}
	return r.run(ctx, path+".sln", "sln")
}

// The limits of a name that is said.
const (
	nameLongest = 10 * time.Second
	nameSilence = 2 * time.Second
)

// Open returns the sound of a name in a language.
func (h *House) Open(name, language string, c *channel.Channel) (channel.Source, error) {
	return h.Sounds.Open(name, language, c)
}

// Has tells whether there is a sound of a name in a language.
func (h *House) Has(name, language string) bool { return h.Sounds.Exists(name, language) }

// NumberPrompts returns the prompts of a number.
func (h *House) NumberPrompts(n int, language string) []string {
	return h.Speech.Number(n, language, "")
}

// Tell tells that a prompt begins to play to a leg.
func (h *House) Tell(c *channel.Channel, name, language string, src channel.Source) {
	h.tellPrompt(c, name, language, src)
}
