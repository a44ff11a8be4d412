package voicemail

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// notify mails the last message, and pages who has an address for it.
func (v *Mini) notify(ctx context.Context, c *channel.Channel, data string) error {
	a, rest, ok := v.arguments(c, "MinivmNotify", data)
	if !ok {
		return errHangup
	}
	f := v.settings()
	use := func(name string, usual *template) *template {
		if t := f.templates[name]; t != nil {
			return t
		}
		return usual
	}
	done := true
	if variable(c, "MVM_FORMAT") != "" { // else nothing was recorded
		done = v.mailTo(ctx, c, a, a.email, use(orElse(a.template, command.Arg(rest, 0)), &f.usual))
		if a.pager != "" {
			done = v.mailTo(ctx, c, a, a.pager, use(a.pagerTemplate, &f.page)) && done
		}
		if line := orElse(a.extern, f.extern); line != "" {
			caller := c.Caller()
			v.run(line, a.user+"@"+a.domain, caller.Name.Text, caller.Number.Text)
		}
	}
	c.SetVariable("MVM_NOTIFY_STATUS", map[bool]string{true: "SUCCESS", false: "FAILED"}[done])
	return nil
}

func variable(c *channel.Channel, name string) string { text, _ := c.Variable(name); return text }

// values are the variables of a mail, in the order in which they are told.
func (v *Mini) values(c *channel.Channel, a *account, t *template, at time.Time) (list [][2]string) {
	length, _ := strconv.Atoi(variable(c, "MVM_DURATION")) // not a number: 0
	caller := c.Caller()
	known := orElse(caller.Name.Text, caller.Number.Text)
	if caller.Name.Text != "" && caller.Number.Text != "" {
		known = fmt.Sprintf("\"%s\" <%s>", caller.Name.Text, caller.Number.Text)
	}
	for i := len(a.variables) - 1; i >= 0; i-- {
		list = append(list, a.variables[i])
	}
	list = append(list, [2]string{"MVM_NAME", a.name}, [2]string{"MVM_DUR", fmt.Sprintf("%d:%02d", length/60, length%60)}, [2]string{"MVM_DOMAIN", a.domain},
		[2]string{"MVM_USERNAME", a.user}, [2]string{"MVM_CALLERID", orElse(known, "Unknown Caller")}, [2]string{"MVM_CIDNAME", orElse(caller.Name.Text, "an unknown caller")},
		[2]string{"MVM_CIDNUM", orElse(caller.Number.Text, "an unknown caller")}, [2]string{"MVM_DATE", strftimeIn(t.locale, at, t.date)})
	if counter := variable(c, "MVM_COUNTER"); counter != "" {
		list = append(list, [2]string{"MVM_COUNTER", counter})
	}
	return list
}

// mailTo writes a mail and hands it to mailcmd.
func (v *Mini) mailTo(ctx context.Context, c *channel.Channel, a *account, to string, t *template) bool {
	m := &Mailbox{Number: a.user, Context: a.domain}
	m.options.mailCommand, m.options.zone = v.settings().mailCommand, a.zone
	at := time.Now()
	if a.zone != "" {
		where, _ := v.zoneOf(m)
		at = at.In(where)
	}
	values := map[string]string{}
	var pairs []string
	for _, one := range v.values(c, a, t, at) {
		values[one[0]] = one[1]
		pairs = append(pairs, "${"+one[0]+"}", one[1])
		if v.Channels.Bus.Wants(event.KindVarSet) { // as the reference tells them, of a leg that is nobody's
			v.Channels.Bus.Publish(&event.VarSet{Name: one[0], Value: strings.ReplaceAll(one[1], `"`, `\"`)})
		}
	}
	fill := func(text string) string {
		text = strings.NewReplacer(pairs...).Replace(text)
		if strings.Contains(text, "${") && v.onlyOurs(text, values) {
			text = v.Dialplan.Expand(ctx, c, text)
		}
		return text
	}
	address := orElse(a.server, t.address)
	if !strings.Contains(address, "@") {
		host, _ := os.Hostname() // without one it stays empty
		address = orElse(address, "asterisk") + "@" + host
	}
	from := "Asterisk PBX"
	if t.from != "" {
		from = quoted(fill(t.from))
	}
	base, format := variable(c, "MVM_FILENAME"), variable(c, "MVM_FORMAT")
	l := &letter{to: to, from: from, address: address, name: quoted(a.name), subject: fill(t.subject), body: fill(t.body), charset: t.charset,
		gain: a.gain, date: at, id: fmt.Sprintf("Asterisk-%d-%s-%d", v.ids.Add(1), a.user, os.Getpid())}
	if t.attach && base != "" {
		l.attachment, l.shown = base+"."+format, "voicemail"+variable(c, "MVM_COUNTER")+"."+format
		if _, err := os.Stat(l.attachment); err != nil {
			l.attachment = "" // it was deleted: the mail goes without
		}
	}
	return v.send(m, l)
}

// quoted is a person's name in quotes, unless it has to be encoded.
func quoted(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r > '~' || r < ' ' || r == '"' }) {
		return name
	}
	return `"` + name + `"`
}

// readAccount is MINIVMACCOUNT(account:item).
func (v *Mini) readAccount(_ context.Context, _ *channel.Channel, text string) (string, error) {
	address, item, _ := strings.Cut(text, ":")
	a, err := v.account(address)
	if err != nil {
		return "", err
	}
	switch item {
	case "path":
		return v.home(a), nil
	case "hasaccount":
		return map[bool]string{true: "1", false: "0"}[a.known], nil
	case "fullname":
		return a.name, nil
	case "email":
		return a.email, nil
	case "etemplate":
		return orElse(a.template, "email-default"), nil
	case "ptemplate":
		return orElse(a.pagerTemplate, "email-default"), nil // as the reference says
	case "accountcode":
		return a.code, nil
	case "pincode":
		return a.pin, nil
	case "timezone":
		return a.zone, nil
	case "language":
		return a.language, nil
	}
	for _, one := range a.variables {
		if one[0] == item {
			return one[1], nil
		}
	}
	return "", nil
}

// counter is the file of a counter: account:name[:operand].
func (v *Mini) counter(text string) (path, operand string, err error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 2 || !safe(parts[1]) {
		return "", "", fmt.Errorf("MINIVMCOUNTER needs an account and a name: account:name[:operand], not %q", text)
	}
	user, domain, ok := strings.Cut(parts[0], "@")
	if !ok {
		user, domain = "", parts[0]
	}
	if !safe(domain) || ok && !safe(user) {
		return "", "", fmt.Errorf("MINIVMCOUNTER: %q is neither an account nor a domain", parts[0])
	}
	return filepath.Join(v.Spool, domain, user, parts[1]+".counter"), command.Arg(parts, 2), nil
}

// alone holds the file of a counter, and who knows others, until unlock.
func (v *Mini) alone(path string) (unlock func()) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(path)) // never fails
	l := &v.counting[h.Sum32()%uint32(len(v.counting))]
	l.Lock()
	return l.Unlock
}

func readNumber(path string) (int, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read counter: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("read counter %s: %w", path, err)
	}
	return n, nil
}

func (v *Mini) readCounter(_ context.Context, _ *channel.Channel, text string) (string, error) {
	path, _, err := v.counter(text)
	if err != nil {
		return "", err
	}
	defer v.alone(path)()
	n, err := readNumber(path)
	return strconv.Itoa(n), err
}

// writeCounter adds (operand i), takes away (d) or sets (s); less than 0 is 0.
func (v *Mini) writeCounter(_ context.Context, _ *channel.Channel, text, value string) error {
	path, operand, err := v.counter(text)
	if err != nil {
		return err
	}
	by, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil {
		return fmt.Errorf("MINIVMCOUNTER: %w", err)
	}
	defer v.alone(path)()
	n, err := readNumber(path)
	if err != nil {
		return err
	}
	switch operand {
	case "i":
		n += by
	case "d":
		n -= by
	case "s":
		n = by
	default:
		return fmt.Errorf("MINIVMCOUNTER has no operand %q: i, d or s", operand)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // umask decides
		return fmt.Errorf("write counter: %w", err)
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, []byte(strconv.Itoa(max(n, 0))+"\n"), 0o644); err != nil { //nolint:gosec // the same
		return fmt.Errorf("write counter: %w", err)
	}
	return os.Rename(fresh, path)
}
