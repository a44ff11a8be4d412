package compatibility

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/facts"
)

// An Item is a row of one of our tables.
type Item struct {
	Name    string
	Partial string // what is left to do; empty is whole
	Idle    string // why there is no such thing here and is to be none; empty of all else
}

// An Option is a setting that we know.
type Option struct {
	File, Object, Name string
	Honoured           bool // false: known, and said to be without effect when it is used
	// Of one that is not honoured Idle is why it is to have no effect, or Partial what is left to do.
	Idle, Partial string
}

// Ours are the tables of the exchange.
type Ours struct {
	Applications, Functions, Actions, Events, Console, AGI []Item
	// ARI are named METHOD /path, the parts in braces as Asterisk names them.
	ARI     []Item
	Options []Option
	// Unread are files that are known to have no reader; what is left to do of them says why.
	Unread []Item
}

// A Status is how much of something there is.
type Status uint8

// Those that docs/compatibility.md tells.
const (
	Missing Status = iota
	Partial
	There
	Idle // on purpose: its note says why
)

// An entry is one line of a table of the document.
type entry struct {
	name   string
	status Status
	note   string
}

// A chapter is one interface.
type chapter struct {
	title   string
	entries []entry
	beyond  []string // what we have and the reference has not
}

func (c chapter) count(status Status) int {
	n := 0
	for _, e := range c.entries {
		if e.status == status {
			n++
		}
	}
	return n
}

// idle are those without effect.
func (c chapter) idle() []entry {
	return slices.DeleteFunc(slices.Clone(c.entries), func(e entry) bool { return e.status != Idle })
}

// known is a name of the reference.
type known struct {
	name   string
	legacy bool
}

// compare makes a chapter of the names of the reference and ours. Names are
// compared without case, as dialplans and clients write them.
func compare(title string, names []known, ours []Item) chapter {
	c := chapter{title: title}
	have := map[string]Item{}
	for _, item := range ours {
		for _, form := range forms(item.Name) {
			have[form] = item
		}
	}
	reference := map[string]bool{}
	for _, k := range names {
		all := forms(k.name)
		if reference[all[0]] {
			continue
		}
		e := entry{name: k.name, status: There}
		for _, form := range all {
			reference[form] = true
			item, ok := have[form]
			switch {
			case !ok:
				e.status = Missing
			case item.Idle != "" && e.status == There:
				e.status, e.note = Idle, item.Idle
			case item.Partial != "" && e.status == There:
				e.status, e.note = Partial, item.Partial
			}
		}
		if e.status == Missing {
			e.note = ""
		}
		if k.legacy {
			e.note = strings.TrimSpace("(Asterisk 16) " + e.note)
		}
		c.entries = append(c.entries, e)
	}
	for key, item := range have {
		if !reference[key] && !slices.Contains(c.beyond, item.Name) {
			c.beyond = append(c.beyond, item.Name)
		}
	}
	slices.Sort(c.beyond)
	slices.SortStableFunc(c.entries, func(a, b entry) int {
		return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
	})
	return c
}

// forms are the names that a name stands for, in lower case: each alternative of
// {one|other}, and what comes before the [arguments] that some console commands have
// in their names.
func forms(name string) []string {
	list := []string{""}
	for word := range strings.FieldsSeq(strings.ToLower(name)) {
		if strings.HasPrefix(word, "[") && list[0] != "" {
			break
		}
		choices := []string{word}
		if inner, ok := strings.CutPrefix(word, "{"); ok && strings.HasSuffix(inner, "}") && list[0] != "" {
			choices = strings.Split(strings.TrimSuffix(inner, "}"), "|")
		}
		var longer []string
		for _, begun := range list {
			for _, choice := range choices {
				longer = append(longer, strings.TrimSpace(begun+" "+choice))
			}
		}
		list = longer
	}
	return list
}

func gather[T any](rows []T, name func(T) known) []known {
	all := make([]known, len(rows))
	for i, row := range rows {
		all[i] = name(row)
	}
	return all
}

// chapters compares everything but options.
func chapters(ours Ours) []chapter {
	return []chapter{
		compare("Dialplan applications", gather(facts.Applications(), func(f facts.Application) known { return known{f.Name, f.Legacy} }), ours.Applications),
		compare("Dialplan functions", gather(facts.Functions(), func(f facts.Function) known { return known{f.Name, f.Legacy} }), ours.Functions),
		compare("AMI actions", gather(facts.Actions(), func(f facts.Action) known { return known{f.Name, f.Legacy} }), ours.Actions),
		compare("AMI events", gather(facts.Events(), func(f facts.Event) known { return known{f.Name, f.Legacy} }), ours.Events),
		compare("Console commands", gather(facts.ConsoleCommands(), func(f facts.ConsoleCommand) known { return known{f.Name, f.Legacy} }), ours.Console),
		compare("AGI commands", gather(facts.AGICommands(), func(f facts.AGICommand) known { return known{f.Name, f.Legacy} }), ours.AGI),
		compare("ARI operations", gather(facts.ARIOperations(), func(f facts.ARIOperation) known { return known{f.Method + " " + f.Path, false} }), ours.ARI),
	}
}

// A page is one kind of section of a configuration file.
type page struct {
	file, object     string
	honoured, absent []string
	later, idle      []entry // with the reason
}

// pages compares the options. Only files of which we know an option are told
// one by one; the others are returned by name.
func pages(ours []Option) (told []page, untold []string) {
	type name struct{ file, object, name string }
	have := map[name]Option{}
	files := map[string]bool{}
	for _, o := range ours {
		key := name{o.File, o.Object, strings.ToLower(o.Name)}
		if !have[key].Honoured {
			have[key] = o
		}
		files[o.File] = true
	}
	index := map[[2]string]int{}
	for _, o := range facts.AllOptions() {
		if !files[o.File] {
			if !slices.Contains(untold, o.File) {
				untold = append(untold, o.File)
			}
			continue
		}
		key := [2]string{o.File, o.Object}
		if _, ok := index[key]; !ok {
			index[key] = len(told)
			told = append(told, page{file: o.File, object: o.Object})
		}
		p := &told[index[key]]
		ours, known := have[name{o.File, o.Object, strings.ToLower(o.Name)}]
		switch {
		case ours.Honoured:
			p.honoured = append(p.honoured, o.Name)
		case ours.Idle != "":
			p.idle = append(p.idle, entry{o.Name, Idle, ours.Idle})
		case known:
			p.later = append(p.later, entry{o.Name, Partial, ours.Partial})
		default:
			p.absent = append(p.absent, o.Name)
		}
	}
	slices.SortFunc(told, func(a, b page) int { return strings.Compare(a.file+"\x00"+a.object, b.file+"\x00"+b.object) })
	for i := range told {
		slices.Sort(told[i].honoured)
		for _, list := range [][]entry{told[i].later, told[i].idle} {
			slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.name, b.name) })
		}
		slices.Sort(told[i].absent)
	}
	slices.Sort(untold)
	return told, untold
}
