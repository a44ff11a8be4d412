package dialplan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// arguments looks at what an application is given, where it is plain to see.
func (i *inspection) arguments(at place, e *Extension, step *Priority) {
	data := strings.TrimSpace(step.Data)
	i.letters(step.Application, data)
	switch name := strings.ToLower(step.Application); name {
	case "goto":
		i.target(at, e, data, true)
	case "gosub":
		i.target(at, e, routine(data), false)
	case "execiftime":
		i.times(data)
	case "gotoif", "gotoiftime":
		if name == "gotoiftime" {
			i.times(data)
		}
		for _, branch := range i.branches(step.Application, data) {
			i.target(at, e, branch, true)
		}
	case "gosubif":
		for _, branch := range i.branches(step.Application, data) {
			i.target(at, e, routine(branch), false)
		}
	case "exec", "tryexec", "execif":
		i.nested(name, data)
	case "dial":
		i.devices(data)
	case "set":
		left, _, ok := strings.Cut(data, "=")
		if !ok && !strings.Contains(data, "${") {
			i.say(config.Error, "write Set(name=value)", "Set(%s) has no =", data)
		} else if name, args, isFunction := SplitFunction(left); isFunction && !strings.Contains(name, "$") {
			i.function(strings.TrimSpace(name))
			i.given(strings.TrimSpace(name), args)
		}
	}
}

// times looks whether what stands before the ? can be read as times.
func (i *inspection) times(data string) {
	spec, _, _ := strings.Cut(data, "?")
	if strings.Contains(spec, "$") {
		return
	}
	if _, err := ParseTimes(spec); err != nil {
		i.say(config.Warning, timesHint, "%s", err)
	}
}

// letters looks for options that an application does not have. What is made of variables
// is not known before the call.
func (i *inspection) letters(application, data string) {
	options, ok := i.words.Letters[strings.ToLower(application)]
	if !ok {
		return
	}
	given := command.ParseFlags(command.Arg(command.SplitArgs(data, 0), options.Argument))
	if given.Has('$') {
		return
	}
	strange := slices.DeleteFunc(slices.Sorted(maps.Keys(given)), func(letter byte) bool { return strings.IndexByte(options.Known, letter) >= 0 })
	switch len(strange) {
	case 0:
	case 1:
		i.say(config.Warning, "known are "+options.Known, "%s has no option %s", application, strange)
	default:
		i.say(config.Warning, "known are "+options.Known, "%s has no options %s", application, strange)
	}
}

// nested looks at the application that another one is to run. The other side of
// ExecIf is left alone: a colon may also belong to the arguments of the first.
func (i *inspection) nested(by, data string) {
	if by == "execif" {
		mark := plainIndex(data, '?')
		if mark < 0 {
			return
		}
		data = data[mark+1:]
	}
	name, _, _ := strings.Cut(data, "(")
	name = strings.TrimSpace(name)
	if name != "" && !strings.ContainsAny(name, "$:") {
		i.application(name)
	}
}

// devices looks at the technologies of what Dial is to call.
func (i *inspection) devices(data string) {
	if comma := plainIndex(data, ','); comma >= 0 {
		data = data[:comma]
	}
	for device := range strings.SplitSeq(data, "&") {
		technology, _, ok := strings.Cut(strings.TrimSpace(device), "/")
		if technology == "" || strings.Contains(technology, "$") {
			continue
		}
		built, known := i.words.Technologies[strings.ToLower(technology)]
		switch {
		case !ok:
			i.say(config.Error, "write TECHNOLOGY/device", "%s is nothing to call", technology)
		case !known:
			i.say(config.Error, config.Suggest(technology, maps.Keys(i.words.Technologies)), "there is no technology %s", technology)
		case !built:
			i.say(config.Warning, "", "technology %s is known, and not built yet", technology)
		}
	}
}

// branches are both sides of condition?this:that.
func (i *inspection) branches(application, data string) []string {
	mark := plainIndex(data, '?')
	if mark < 0 {
		if !strings.Contains(data, "${") {
			i.say(config.Error, "write condition?target:target", "%s(%s) has no ?", application, data)
		}
		return nil
	}
	data = data[mark+1:]
	if colon := plainIndex(data, ':'); colon >= 0 {
		return []string{data[:colon], data[colon+1:]}
	}
	return []string{data}
}

// plainIndex finds a byte outside ${…} and $[…].
func plainIndex(text string, wanted byte) int {
	for at := 0; at < len(text); at++ {
		if text[at] == '$' && at+1 < len(text) && (text[at+1] == '{' || text[at+1] == '[') {
			_, length, _ := enclosed(text[at+2:], text[at+1])
			at += 1 + length
			continue
		}
		if text[at] == wanted {
			return at
		}
	}
	return -1
}

// routine is a target of Gosub without the arguments behind it.
func routine(text string) string {
	if open := plainIndex(text, '('); open >= 0 {
		return text[:open]
	}
	return text
}

// target looks whether [[context,]exten,]priority is anywhere. What is made of
// variables is not known before the call; a part that is fixed is looked at.
func (i *inspection) target(at place, e *Extension, text string, invalid bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	words := strings.Split(text, ",")
	for n := range words {
		words[n] = strings.TrimSpace(words[n])
	}
	if len(words) > 1 && words[0] == "" {
		words = words[1:] // where the call is
	}
	if len(words) == 3 && i.plan.contexts[words[0]] == nil && !strings.Contains(words[0], "$") {
		i.say(config.Error, config.Suggest(words[0], maps.Keys(i.plan.contexts)), "there is no context %s to go to", words[0])
		return
	}
	if strings.Contains(text, "$") || len(words) > 3 {
		return
	}
	if !i.reaches(at, e, words, invalid) {
		i.say(config.Error, "write the extension, or correct the target", "%s is nowhere: there is no such extension, priority or label", text)
	}
}

func (i *inspection) reaches(at place, e *Extension, words []string, invalid bool) bool {
	priority := words[len(words)-1]
	if len(words) == 1 && e.holds(priority) {
		return true
	}
	if n, err := strconv.Atoi(priority); err == nil && len(words) == 3 && i.plan.Exists(words[0], words[1], n, "") {
		return true
	}
	contexts := i.around(i.plan.contexts[at.context])
	if len(words) == 3 {
		contexts = i.below(i.plan.contexts[words[0]])
	}
	if slices.ContainsFunc(contexts, func(c *Context) bool { return len(c.Switches) > 0 }) {
		return true // what a switch holds is not known
	}
	exten := e.Name
	if len(words) > 1 {
		exten = undashed(words[len(words)-2])
	}
	for _, c := range contexts {
		for _, other := range c.extensions {
			matches := other.name.matches(exten) || len(words) == 1 && e.name.matches(other.Name)
			if matches && other.holds(priority) || invalid && len(words) > 1 && other.Name == "i" {
				return true
			}
		}
	}
	return false
}

// holds reports whether there is a priority of a number or label.
func (e *Extension) holds(priority string) bool {
	if n, err := strconv.Atoi(strings.TrimLeft(priority, "+-")); err == nil {
		return strings.ContainsAny(priority[:1], "+-") || e.at(n) != nil
	}
	return priority != "" && e.labelled(priority) != nil
}

// around are the contexts that a call may be in while it is in one: those that
// include it, whatever the time, with all that they include.
func (i *inspection) around(c *Context) []*Context {
	var all []*Context
	pending := []*Context{c}
	for seen := map[*Context]bool{c: true}; len(pending) > 0; pending = pending[1:] {
		all = append(all, i.below(pending[0])...)
		for _, by := range i.includers[pending[0].Name] {
			if !seen[by] {
				seen[by] = true
				pending = append(pending, by)
			}
		}
	}
	return all
}

// below are a context and all that it includes.
func (i *inspection) below(c *Context) []*Context {
	all := []*Context{c}
	for at := 0; at < len(all); at++ {
		for _, included := range all[at].Includes {
			if other := i.plan.contexts[included.Name]; other != nil && !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	return all
}
