package manager

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/httpd"
)

// Settings is manager.conf: read once, replaced as a whole by a reload.
type Settings struct {
	Enabled         bool
	Address         string // host:port to listen at
	TimestampEvents bool
	DisplayConnects bool
	AllowMultiple   bool
	BrokenEvents    bool          // `Events: on` is not answered
	AuthTimeout     time.Duration // to log in after connecting
	AuthLimit       int           // sessions that are connected and not logged in
	ChannelVars     []string
	Disabled        map[string]bool // events nobody gets, by lower-case name
	Accounts        map[string]*Account
	// QueueBytes is how much of a session's output may wait for its client, and
	// QueueTime how long the client may take nothing of it; 0 are the defaults.
	QueueBytes int
	QueueTime  time.Duration
	// Keep keeps the latest events from the start on, and not only when a client asks
	// for what it missed; KeptBytes and KeptWindow bound them.
	Keep       bool
	KeptBytes  int
	KeptWindow time.Duration
	TLS        httpd.TLS
	// WebEnabled serves AMI over HTTP, too, where a session ends HTTPTimeout after its
	// last request.
	WebEnabled  bool
	HTTPTimeout time.Duration
	Debug       bool     // events are numbered
	Names       []string // of the accounts, in the order of the file
}

// Account is a user of manager.conf.
type Account struct {
	Name            string
	Secret          string
	Read, Write     command.Class
	WriteTimeout    time.Duration // 0: not given
	QueueBytes      int           // 0: as in general
	QueueTime       time.Duration
	ActionRate      float64 // actions a second; 0 is no limit
	ACL             config.ACL
	DisplayConnects bool
	AllowMultiple   bool
	multipleSet     bool
	SetVar          []command.Field
	Filters         []*Filter
}

// account finds the account of a name, whatever its case, as on the reference; nil
// where there is none.
func (g *Settings) account(name string) *Account {
	if a := g.Accounts[name]; a != nil {
		return a
	}
	for _, known := range g.Names {
		if strings.EqualFold(known, name) {
			return g.Accounts[known]
		}
	}
	return nil
}

// stall is how long a client may take nothing of what is sent to it. The reference
// cuts off who does not read for writetimeout, a tenth of a second unless it is given,
// and loses clients that only were busy; here only who asked for it is held to that.
func (a *Account) stall() time.Duration {
	if a.WriteTimeout > 0 {
		return max(a.WriteTimeout, time.Second)
	}
	return a.QueueTime
}

// knows reports whether a secret is the account's. An account without a secret
// lets nobody in: Asterisk does the same where there is no secret=, and lets
// everybody in where the line is empty, which nobody means.
func (a *Account) knows(secret string) bool { return a.Secret != "" && equal(secret, a.Secret) }

// answers reports whether a key is the answer to a challenge.
func (a *Account) answers(challenge, key string) bool {
	return a.Secret != "" && challenge != "" && equal(key, hexMD5(challenge+a.Secret))
}

// AllClasses is what `all` gives, which lets out what no action or event has.
const AllClasses = everyClass &^ command.HookResponse

// ParseClasses reads a list like "system,call" or "all" of manager.conf.
func ParseClasses(text string) (classes command.Class, unknown []string) {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "", "no", "none", "off", "false", "0":
			continue
		case "all", "yes", "on", "true", "-1":
			classes |= AllClasses
			continue
		}
		if bit := slices.Index(command.ClassNames[:], name); bit >= 0 {
			classes |= 1 << bit
		} else {
			unknown = append(unknown, name)
		}
	}
	return classes, unknown
}

// maskOf reads what `Events:` and `EventMask:` take: a number whose bits are the
// classes, yes or no, or the names of classes, in small letters. What is none of it
// counts for nothing.
func maskOf(text string) command.Class {
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return command.Class(n) & everyClass
	}
	if config.True(text) {
		return everyClass
	}
	var mask command.Class
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if bit := slices.Index(command.ClassNames[:], name); bit >= 0 {
			mask |= 1 << bit
		} else if name == "all" {
			mask |= everyClass
		}
	}
	return mask
}

// className is the Privilege line of classes: "call,all".
func className(c command.Class) string { return string(appendClass(nil, c)) }

func appendClass(dst []byte, c command.Class) []byte {
	for bit, name := range command.ClassNames {
		if c&(1<<bit) != 0 {
			dst = append(append(dst, name...), ',')
		}
	}
	return append(dst, "all"...)
}
