package exchange

import (
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/sounds"
	"github.com/octothorpe/octothorpe/prompts"
)

// soundHouse is the library of sounds and what it is configured by.
type soundHouse struct{ library *sounds.Library }

// build makes the library. Prompts of the machine come before those of the program.
func (s *soundHouse) build(x *Exchange) {
	s.library = sounds.New(sounds.Options{Directory: filepath.Join(x.dirs.Data, "sounds"), Data: x.dirs.Data,
		Suffix: x.system.Suffix, Custom: x.system.CustomSounds, Embedded: prompts.Lookup, Remote: x.fetchSound, Logger: x.log})
	s.reload(x)
	x.channels.Sounds = s.library
}

// Sounds returns what applications play from.
func (s *soundHouse) Sounds() *sounds.Library { return s.library }

// reload reads indications.conf and musiconhold.conf.
func (s *soundHouse) reload(x *Exchange) {
	if f := x.optional("indications.conf"); f != nil {
		x.report(s.library.SetTones(f))
	}
	if f := x.optional("musiconhold.conf"); f != nil {
		x.report(s.library.SetMusic(f))
	}
}
