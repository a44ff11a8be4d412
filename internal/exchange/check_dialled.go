package exchange

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// aDevice is what Dial calls.
type aDevice struct{}

func (aDevice) wrong(c *checker, value string) (problem, hint string) {
	technology, rest, _ := strings.Cut(value, "/")
	switch strings.ToLower(technology) {
	case "local":
		return anExtension{}.wrong(c, rest)
	case "agent":
		if strings.HasPrefix(rest, "@") || strings.HasPrefix(rest, ":") {
			return "", "" // a group
		}
		return agentNames.wrong(c, rest)
	}
	for _, k := range []*nameKind{phoneNames, peerNames} {
		if problem, hint = k.wrong(c, value); problem != "" {
			return problem, hint
		}
	}
	return "", ""
}

// aState is a device of which a hint or a queue tells the state.
type aState struct{}

func (aState) wrong(c *checker, value string) (problem, hint string) {
	if !strings.ContainsAny(value, "/:$") {
		return value + " is no device", "write TECHNOLOGY/NAME"
	}
	if exten, ok := strings.CutPrefix(value, "hint:"); ok {
		return anExtension{}.wrong(c, exten)
	}
	return aDevice{}.wrong(c, value)
}

// anExtension is extension@context, with or without options behind it.
type anExtension struct{}

func (anExtension) wrong(c *checker, value string) (problem, hint string) {
	value, _, _ = strings.Cut(value, "/")
	at := strings.LastIndexByte(value, '@')
	if context := value[at+1:]; at >= 0 && context != "PICKUPMARK" {
		return contextNames.wrong(c, context)
	}
	return "", ""
}

// aTarget is context^extension^priority; with fewer parts it is near.
type aTarget struct{}

func (aTarget) wrong(c *checker, value string) (problem, hint string) {
	if context, rest, _ := strings.Cut(value, "^"); strings.Contains(rest, "^") {
		return contextNames.wrong(c, context)
	}
	return "", ""
}

// aRoutine is a context with arguments behind ^.
type aRoutine struct{}

func (aRoutine) wrong(c *checker, value string) (problem, hint string) {
	context, _, _ := strings.Cut(value, "^")
	return contextNames.wrong(c, context)
}

// aMacro is the name of a macro: its context has another.
type aMacro struct{}

func (aMacro) wrong(c *checker, value string) (problem, hint string) {
	return contextNames.wrong(c, "macro-"+value)
}

// aNumber is one, or a time in seconds.
type aNumber struct{}

func (aNumber) wrong(_ *checker, value string) (problem, hint string) {
	if _, err := strconv.ParseFloat(value, 64); err == nil || strings.ContainsAny(value, "$^") {
		return "", ""
	}
	return value + " is no number", "write a number"
}

// within are the least and the most that a number may be. What is none is told by who
// reads the file.
type within struct{ least, most int }

func (w within) wrong(_ *checker, value string) (problem, hint string) {
	if n, err := strconv.Atoi(value); err != nil || n >= w.least && n <= w.most {
		return "", ""
	}
	return value + " is out of range", fmt.Sprintf("give one from %d to %d", w.least, w.most)
}

// aScript is a program of AGI, unless it is a server.
type aScript struct{}

func (aScript) wrong(c *checker, value string) (problem, hint string) {
	if strings.ContainsAny(value, "$:") || !filepath.IsLocal(value) && !filepath.IsAbs(value) {
		return "", ""
	}
	path := value
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.dirs.AGI, path)
	}
	if _, err := os.Stat(path); err == nil {
		return "", ""
	}
	return "there is no script " + path, "put it there, or correct the name"
}

// aMail is an address of mail, or who has mail on this machine.
type aMail struct{}

func (aMail) wrong(_ *checker, value string) (problem, hint string) {
	name, host, far := strings.Cut(value, "@")
	if name == "" || far && config.CheckHost(host) != nil || strings.ContainsAny(name, " ,;") {
		return value + " is no address of mail", "write NAME@HOST"
	}
	return "", ""
}

// aSIPAddress is a URI of SIP.
type aSIPAddress struct{}

func (aSIPAddress) wrong(_ *checker, value string) (problem, hint string) {
	scheme, _, _ := strings.Cut(strings.ToLower(value), ":")
	if scheme == "sip" || scheme == "sips" || strings.Contains(value, "$") {
		return "", ""
	}
	return value + " is no SIP URI", "write sip:HOST"
}
