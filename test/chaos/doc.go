// Package chaos holds an exchange under stress: thousands of calls stand while
// its dialplan is reloaded, its SIP ports are flooded with garbage and a phone
// disappears, and none may be lost but that phone's own.
//
// The phones are small ones of the test's own, on loopback addresses of their own
// (127.0.0.0/8 on Linux), and so are the attackers. CHAOS_CALLS sets the number
// of calls. There is nothing in the package but the test.
package chaos
