package exchange

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/prompts"
)

// A kind is what a value may be that its own file can't tell: what other files define, or
// what the program has.
type kind interface {
	// wrong tells why a value is none, and how to mend it; "" is one.
	wrong(c *checker, value string) (problem, hint string)
}

// wrong looks for a name in the file of its kind.
func (k *nameKind) wrong(c *checker, value string) (problem, hint string) {
	name := k.meant(value)
	known := c.names(k)
	if known == nil || name == "" || strings.ContainsAny(name, "$^") || known[name] || k != contextNames && known[strings.ToLower(name)] {
		return "", ""
	}
	return fmt.Sprintf("%s has no %s %s", k.file, k.what, name), c.suggest(name, known)
}

// mostSuggestions bounds how often all names are looked through for one that is near.
const mostSuggestions = 200

func (c *checker) suggest(name string, known map[string]bool) string {
	if c.suggested++; c.suggested > mostSuggestions {
		return "check the spelling"
	}
	return config.Suggest(name, maps.Keys(known))
}

// anApplication is the name of one.
type anApplication struct{}

func (anApplication) wrong(c *checker, value string) (problem, hint string) {
	name, _, _ := strings.Cut(value, "(")
	if _, known := c.words.Applications[strings.ToLower(name)]; known || name == "" || strings.Contains(name, "$") {
		return "", ""
	}
	return "there is no application " + name, config.Suggest(name, slices.Values(c.words.Spelling))
}

// aTemplate is a text with variables and functions.
type aTemplate struct{}

func (aTemplate) wrong(c *checker, value string) (problem, hint string) {
	for _, d := range dialplan.InspectText(value, c.words) {
		return d.Problem, d.Hint
	}
	return "", ""
}

// anAddress is one of this machine, with or without a port.
type anAddress struct{}

func (anAddress) wrong(c *checker, value string) (problem, hint string) {
	if host, _, err := net.SplitHostPort(value); err == nil {
		value = host
	}
	a, err := netip.ParseAddr(strings.Trim(value, "[]"))
	if err != nil || a.IsUnspecified() || a.IsLoopback() || a.IsLinkLocalUnicast() || c.addresses()[a.Unmap()] {
		return "", "" // what is no address is told by who reads the file
	}
	return fmt.Sprintf("this machine does not have the address %s", a), "give it the machine, or write 0.0.0.0 for all"
}

// addresses are those of this machine.
func (c *checker) addresses() map[netip.Addr]bool {
	if c.local != nil {
		return c.local
	}
	c.local = map[netip.Addr]bool{}
	list, _ := net.InterfaceAddrs() // without them each is told, as none could be taken
	for _, one := range list {
		if p, err := netip.ParsePrefix(one.String()); err == nil {
			c.local[p.Addr().Unmap()] = true
		}
	}
	return c.local
}

// aHost is an address or the name of a host, with or without a port.
type aHost struct{}

func (aHost) wrong(_ *checker, value string) (problem, hint string) {
	if host, _, err := net.SplitHostPort(value); err == nil {
		value = host
	}
	if strings.EqualFold(value, "dynamic") {
		return "", ""
	}
	if err := config.CheckHost(value); err != nil {
		return err.Error(), "write an address or a name"
	}
	return "", ""
}

// aFileToBe is a file that is made where it is not there: its folder is.
type aFileToBe struct{}

func (aFileToBe) wrong(_ *checker, value string) (problem, hint string) {
	if folder := filepath.Dir(value); filepath.IsAbs(value) && !isFolder(folder) {
		return "there is no folder " + folder, "make the folder, or correct the path"
	}
	return "", ""
}

// aCommand is a command line.
type aCommand struct{}

func (aCommand) wrong(_ *checker, value string) (problem, hint string) {
	if err := config.CheckCommand(value); err != nil {
		return err.Error(), "correct the path, or install it"
	}
	return "", ""
}

// aPlace is a place by which a time is told, as in Europe/Madrid.
type aPlace struct{}

func (aPlace) wrong(_ *checker, value string) (problem, hint string) {
	if _, err := time.LoadLocation(value); err != nil {
		return "there is no place " + value, "write a name such as Europe/Madrid"
	}
	return "", ""
}

// aRecording is a file that is written: its extension says how.
type aRecording struct{}

func (aRecording) wrong(_ *checker, value string) (problem, hint string) {
	extension := strings.TrimPrefix(filepath.Ext(value), ".")
	if extension == "" || strings.Contains(extension, "$") || strings.Contains(extension, "}") || media.Writes(strings.ReplaceAll(extension, "wav49", "WAV")) {
		return "", ""
	}
	return "nothing can be recorded as " + extension, "use wav, wav49, gsm, ulaw or alaw"
}

// aFormat is a format of recordings.
type aFormat struct{}

func (aFormat) wrong(c *checker, value string) (problem, hint string) {
	return aRecording{}.wrong(c, "x."+value)
}

// oneOf are the words that a value may be.
type oneOf []string

func (words oneOf) wrong(_ *checker, value string) (problem, hint string) {
	for _, word := range words {
		if strings.EqualFold(word, value) {
			return "", ""
		}
	}
	return value + " is not known", "known are " + strings.Join(words, ", ")
}

// aTruth is yes or no, or one of further words.
type aTruth []string

func (words aTruth) wrong(_ *checker, value string) (problem, hint string) {
	if config.True(value) || config.False(value) || slices.Contains(words, strings.ToLower(value)) {
		return "", ""
	}
	if len(words) > 0 {
		return value + " is not known", "known are yes, no, " + strings.Join(words, ", ")
	}
	return value + " is neither yes nor no", "write yes or no"
}

// anAssignment is name=value.
type anAssignment struct{}

func (anAssignment) wrong(_ *checker, value string) (problem, hint string) {
	if strings.Contains(value, "=") {
		return "", ""
	}
	return value + " has no =", "write setvar = NAME=VALUE"
}

// aSound is the name of a prompt in any language.
type aSound struct{}

func (aSound) wrong(c *checker, value string) (problem, hint string) {
	if strings.ContainsAny(value, "$:") || c.library.Exists(value, "") {
		return "", ""
	}
	for _, language := range prompts.Languages() {
		if c.library.Exists(value, language) {
			return "", ""
		}
	}
	return "there is no sound " + value, "put a file of that name into " + c.dirs.Data + "/sounds, or correct the name"
}
