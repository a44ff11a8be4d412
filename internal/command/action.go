package command

import "context"

// An Action is what a manager client asks for.
type Action struct {
	Row
	// Privilege is the set of classes of which a user needs one to call it;
	// zero needs none but a login.
	Privilege Class
	// Anonymous actions may be called before login: Login, Challenge, Logoff.
	Anonymous bool
	// Run carries it out. What it returns as an error goes to the client as a
	// Response: Error with the error's text as Message.
	Run func(ctx context.Context, m *ActionRequest) error
}

// An ActionRequest is an action on its way, with the means to answer it.
type ActionRequest struct {
	// User is the account that asked.
	User string
	// Get returns the first value of a key, compared without case; "" if absent.
	Get func(key string) string
	// All returns every value of a key in order of appearance.
	All func(key string) []string
	// Lines returns all keys and values in order.
	Lines func() []Field
	// Reply sends the response: "Success", "Error", "Goodbye", "Follows" with a
	// message (may be empty) and further fields. It is called exactly once. Behind an
	// answer whose message ends with a line end there is one more empty line, as there
	// is behind some of the reference's.
	Reply func(response, message string, fields ...Field)
	// Event sends an event to this client alone, as part of the answer. The
	// ActionID comes first, or where a field of that key stands.
	Event func(name string, fields ...Field)
	// ListStart answers Success with EventList: start; ListEnd closes it with
	// the event's name, the number of items and further fields.
	ListStart func(message string)
	ListEnd   func(event string, items int, fields ...Field)
	// Can reports whether the user may do what needs one of the classes.
	Can func(Class) bool
	// Session is the interface's own session, for the actions that belong to it.
	Session any
}

// A Field is a line of a manager message.
type Field struct{ Key, Value string }

// Class is a set of AMI's privilege classes.
type Class uint32

// The classes, with the bits in AMI's order of printing.
const (
	System Class = 1 << iota
	Call
	Log
	Verbose
	CommandClass
	Agent
	UserClass
	ConfigClass
	DTMF
	Reporting
	CDR
	Dialplan
	Originate
	AGI
	HookResponse
	CC
	AOC
	TestClass
	SecurityClass
	Message
	Network // our own: what happens in the network that sdn drives
)

// ClassNames are the names in the order of the bits.
var ClassNames = [...]string{"system", "call", "log", "verbose", "command", "agent", "user", "config", "dtmf",
	"reporting", "cdr", "dialplan", "originate", "agi", "hookresponse", "cc", "aoc", "test", "security", "message",
	"network"}
