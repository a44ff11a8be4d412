package cli

import (
	"os"
	"os/user"
	"strings"
	"time"
)

// Prompt returns what a console shows before a line: the machine's name and
// "*CLI> ", or what the environment's ASTERISK_PROMPT says, in which %h and %H are
// the machine's whole and first name, %d the date, %t the time, %u and %g the user
// and group, %s the system's name (which a console does not know), %# a sign for
// consoles, %% a percent sign, and %Cn[;n] a colour, which is left out.
func Prompt() string {
	host, _ := os.Hostname()
	form, ok := os.LookupEnv("ASTERISK_PROMPT")
	if !ok {
		return host + "*CLI> "
	}
	return prompt(form, host, time.Now())
}

func prompt(form, host string, now time.Time) string {
	var b strings.Builder
	for i := 0; i < len(form); i++ {
		if form[i] != '%' || i+1 == len(form) {
			b.WriteByte(form[i])
			continue
		}
		i++
		switch form[i] {
		case 'h':
			b.WriteString(host)
		case 'H':
			short, _, _ := strings.Cut(host, ".")
			b.WriteString(short)
		case 'd':
			b.WriteString(now.Format("2006-01-02"))
		case 't':
			b.WriteString(now.Format("15:04:05"))
		case 'u', 'g':
			b.WriteString(whoami(form[i]))
		case '#':
			b.WriteByte('>')
		case '%':
			b.WriteByte('%')
		case 'C':
			for i+1 < len(form) && (form[i+1] == ';' || form[i+1] >= '0' && form[i+1] <= '9') {
				i++
			}
		}
	}
	return b.String()
}

// whoami is the user's name for 'u', the group's for 'g'.
func whoami(what byte) string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	if what == 'u' {
		return u.Username
	}
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		return ""
	}
	return g.Name
}
