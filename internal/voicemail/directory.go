package voicemail

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// By which of a person's names the directory is searched.
const (
	byLast = iota
	byFirst
	byBoth
)

// directoryOptions are the arguments of Directory.
type directoryOptions struct {
	context string // of voicemail.conf; empty is all, by searchcontexts
	dial    string // where who is chosen is called
	by      int
	digits  int
	aliases bool
	menu    bool
	speak   bool // the extension, too
	skip    bool // tell who was chosen, call nobody
	pause   time.Duration
	leaving bool // 0 and * lead elsewhere
	people  []*Mailbox
}

// directory is the application Directory.
func (h *House) directory(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	flags := command.ParseFlags(command.Arg(args, 2))
	o := directoryOptions{context: h.directoryContext(command.Arg(args, 0)), dial: orElse(command.Arg(args, 1), c.Location().Context), digits: 3,
		aliases: flags.Has('a'), menu: flags.Has('m'), speak: flags.Has('e'), skip: flags.Has('s'), leaving: true}
	letters := 0
	for letter, by := range map[byte]int{'f': byFirst, 'l': byLast, 'b': byBoth} {
		text, given := flags[letter]
		if !given {
			continue
		}
		letters++
		o.by = by
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			o.digits = n
		}
	}
	if letters > 1 {
		o.by = byBoth
	}
	var err error
	if o.people, err = h.peopleOf(flags['c']); err != nil {
		h.Logger.Warn("a directory can't be read", "channel", c.Name(), "file", flags['c'], "error", err)
		c.SetVariable("DIRECTORY_RESULT", "FAILED")
		return nil
	}
	if ms, err := strconv.Atoi(flags['p']); err == nil && ms > 0 {
		o.pause = time.Duration(ms) * time.Millisecond
	}
	if !flags.Has('n') {
		if err := c.AnswerAndListen(ctx, 0); err != nil {
			return err
		}
	}
	m, result, err := h.lookUp(ctx, c, o)
	if c.HungUp() {
		result = "HANGUP"
	}
	if m != nil && err == nil && o.skip {
		c.SetVariable("DIRECTORY_EXTEN", m.Number)
	}
	c.SetVariable("DIRECTORY_RESULT", result)
	switch {
	case err != nil:
		return err
	case result == "OPERATOR":
		return h.Dialplan.Goto(c, o.dial+",o,1")
	case result == "ASSISTANT":
		return h.Dialplan.Goto(c, o.dial+",a,1")
	case m == nil, o.skip:
		return nil
	case !h.exists(c, o.dial, m.Number):
		h.Logger.Warn("Can't find extension", "channel", c.Name(), "exten", m.Number, "context", o.dial)
		return nil
	}
	return h.Dialplan.Goto(c, o.dial+","+m.Number+",1")
}

// directoryContext is in which context of voicemail.conf people are searched where one is
// given, or none.
func (h *House) directoryContext(given string) string {
	if given == "" && !h.settings().general.searchContexts {
		return "default"
	}
	return given
}

// peopleOf are the people of voicemail.conf, or of another file that is written alike.
func (h *House) peopleOf(name string) ([]*Mailbox, error) {
	if name == "" || h.Open == nil {
		return h.settings().mailboxes, nil
	}
	f, err := h.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read a directory: %w", err)
	}
	others, _ := Read(f, nil, nil)
	return others.mailboxes, nil
}

// lookUp asks for letters of a name and for who of those that match is meant.
func (h *House) lookUp(ctx context.Context, c *channel.Channel, o directoryOptions) (*Mailbox, string, error) {
	if o.leaving {
		key, err := h.play(ctx, c, anyKey, "dir-welcome")
		if err != nil {
			return nil, "HANGUP", err
		}
		if key != 0 {
			return h.search(ctx, c, o, key)
		}
	}
	return h.search(ctx, c, o, 0)
}

func (h *House) search(ctx context.Context, c *channel.Channel, o directoryOptions, key byte) (*Mailbox, string, error) {
	for turn := 0; turn < turnsOfMenu; turn++ {
		var err error
		if intro := h.settings().general.directoryIntro; key == 0 && intro != "" {
			if key, err = h.play(ctx, c, anyKey, intro); err != nil {
				return nil, "HANGUP", err
			}
		} else if key == 0 {
			name := [...]string{"dir-last", "dir-first", "dir-firstlast"}[o.by]
			names := append([]string{"dir-pls-enter"}, h.Voice.Number(o.digits, c.Snapshot().Language)...)
			if key, err = h.play(ctx, c, anyKey, append(names, name, "dir-usingkeypad")...); err != nil {
				return nil, "HANGUP", err
			}
		}
		if key == 0 {
			if key, err = h.Voice.WaitKey(ctx, c, anyKey, 5*time.Second); err != nil {
				return nil, "HANGUP", err
			}
		}
		switch {
		case key == 0:
			continue
		case key == '0' && o.leaving && h.exists(c, o.dial, "o"):
			return nil, "OPERATOR", nil
		case key == '*' && o.leaving && h.exists(c, o.dial, "a"):
			return nil, "ASSISTANT", nil
		case key == '#':
			return nil, "USEREXIT", nil
		}
		digits, err := h.some(ctx, c, key, o.digits)
		if err != nil {
			return nil, "HANGUP", err
		}
		key = 0
		if o.pause > 0 {
			if _, err := h.Voice.WaitKey(ctx, c, "", o.pause); err != nil {
				return nil, "HANGUP", err
			}
		}
		m, result, err := h.offer(ctx, c, o, h.matches(o, digits))
		if m != nil || err != nil || result != "" {
			return m, result, err
		}
		turn = -1 // who answers is there
	}
	return nil, "TIMEOUT", nil
}

// some takes as many digits as are wanted, of which the first has come.
func (h *House) some(ctx context.Context, c *channel.Channel, first byte, most int) (string, error) {
	got := string(rune(first))
	for len(got) < most {
		key, err := h.Voice.WaitKey(ctx, c, anyKey, 5*time.Second)
		if err != nil {
			return "", err
		}
		if key == 0 || key == '#' {
			break
		}
		got += string(rune(key))
	}
	return got, nil
}

// keypad are the digits on which letters stand.
func keypad(name string) string {
	const digits = "22233344455566677778889999"
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteByte(digits[r-'a'])
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		}
	}
	return b.String()
}

// matches are the mailboxes of people whose names begin with digits.
func (h *House) matches(o directoryOptions, digits string) []*Mailbox {
	var list []*Mailbox
	for _, m := range o.people {
		if o.context != "" && m.Context != o.context || m.Alias != "" || m.options.hideFromDirectory || m.FullName == "" {
			continue
		}
		words := strings.Fields(m.FullName)
		first, last := words[0], words[len(words)-1]
		begins := func(name string) bool { return strings.HasPrefix(keypad(name), digits) }
		hit := o.by != byFirst && begins(last) || o.by != byLast && begins(first)
		if o.aliases {
			hit = hit || slices.ContainsFunc(m.options.aliases, begins)
		}
		if hit {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b *Mailbox) int { return strings.Compare(a.FullName, b.FullName) })
	return list
}

// sayName are the prompts of a person: the name that was recorded, or its letters.
func (h *House) sayName(m *Mailbox) []string {
	if path, there := h.greeting(m, "greet"); there {
		return []string{path}
	}
	if m.FullName != "" {
		return h.Voice.Letters(strings.ToLower(m.FullName))
	}
	return h.Voice.Digits(m.Number)
}

// offer has one of the people chosen. Without a result the search begins again.
func (h *House) offer(ctx context.Context, c *channel.Channel, o directoryOptions, list []*Mailbox) (*Mailbox, string, error) {
	if len(list) == 0 {
		_, err := h.play(ctx, c, "", "dir-nomatch")
		return nil, "", err
	}
	if o.menu {
		return h.offerMenu(ctx, c, o, list)
	}
	for _, m := range list {
		names := h.sayName(m)
		if o.speak {
			names = append(append(names, "vm-extension"), h.Voice.Digits(m.Number)...)
		}
		key, err := h.choose(ctx, c, 3*time.Second, append(names, "dir-instr")...)
		switch {
		case err != nil:
			return nil, "HANGUP", err
		case key == '1':
			return m, "SELECTED", nil
		case key == '#':
			return nil, "USEREXIT", nil
		case key == 't':
			return nil, "TIMEOUT", nil
		}
	}
	_, err := h.play(ctx, c, "", "dir-nomore")
	return nil, "", err
}

// offerMenu offers people by numbers, eight at a time.
func (h *House) offerMenu(ctx context.Context, c *channel.Channel, o directoryOptions, list []*Mailbox) (*Mailbox, string, error) {
	for len(list) > 0 {
		page := list[:min(8, len(list))]
		list = list[len(page):]
		var names []string
		for i, m := range page {
			names = append(append(append(names, "dir-multi1"), h.Voice.Digits(strconv.Itoa(i+1))...), "dir-multi2")
			names = append(names, h.sayName(m)...)
			if o.speak {
				names = append(append(names, "dir-multi3"), h.Voice.Digits(m.Number)...)
			}
		}
		if len(list) > 0 {
			names = append(names, "dir-multi9")
		}
		key, err := h.choose(ctx, c, 3*time.Second, names...)
		switch {
		case err != nil:
			return nil, "HANGUP", err
		case key == '#':
			return nil, "USEREXIT", nil
		case key == 't':
			return nil, "TIMEOUT", nil
		case key >= '1' && int(key-'1') < len(page):
			return page[key-'1'], "SELECTED", nil
		}
	}
	_, err := h.play(ctx, c, "", "dir-nomore")
	return nil, "", err
}
