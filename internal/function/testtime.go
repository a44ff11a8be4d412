package function

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// trial are functions by which people try a dialplan.
func (h *House) trial() []Function {
	return []Function{
		full("TESTTIME", "builtin", "Set the time by which GotoIfTime goes", "date,time[,zone]", nil, setTestTime),
		read("AMI_CLIENT", "builtin", "How many sessions an account of AMI has", "loginname,field", h.amiClient),
	}
}

// setTestTime takes YYYY/MM/DD HH:MM:SS, of a zone or of the machine's.
func setTestTime(_ context.Context, c *channel.Channel, _, value string) error {
	if c == nil {
		return errNoChannel
	}
	words, zone := strings.Fields(value), time.Local
	if len(words) == 3 {
		var err error
		if zone, err = time.LoadLocation(words[2]); err != nil {
			return fmt.Errorf("TESTTIME: %w", err)
		}
		words = words[:2]
	}
	t, err := time.ParseInLocation("2006/01/02 15:04:05", strings.Join(words, " "), zone)
	if err != nil {
		return fmt.Errorf("TESTTIME: %q is not YYYY/MM/DD HH:MM:SS [zone]", value)
	}
	c.SetVariable("__TESTTIME", strconv.FormatInt(t.Unix(), 10))
	return nil
}

func (h *House) amiClient(args string) (string, error) {
	list := command.SplitArgs(args, 2)
	login, field := trimmed(command.Arg(list, 0)), trimmed(command.Arg(list, 1))
	if !strings.EqualFold(field, "sessions") {
		return "", fmt.Errorf("%w: AMI_CLIENT(loginname,sessions)", errArgs)
	}
	n, ok := 0, false
	if h.ManagerSessions != nil {
		n, ok = h.ManagerSessions(login)
	}
	if !ok {
		return "", fmt.Errorf("AMI has no account %q", login)
	}
	return strconv.Itoa(n), nil
}
