package exchange

import "strings"

// What may follow a command on the console: names of what there is. Each takes the
// arguments before the word that is being typed.

func (x *Exchange) applicationNames([]string, string) []string {
	var list []string
	for _, a := range x.engine.Applications() {
		list = append(list, a.Name)
	}
	return list
}

func (x *Exchange) functionNames(args []string, _ string) []string {
	if len(args) > 0 {
		return nil
	}
	var list []string
	for _, f := range x.engine.Functions() {
		list = append(list, f.Name)
	}
	return list
}

func (x *Exchange) hintNames(args []string, _ string) []string {
	if len(args) > 0 {
		return nil
	}
	var list []string
	for _, h := range x.board.Hints() {
		list = append(list, h.Exten)
	}
	return list
}

func (x *Exchange) actionNames([]string, string) []string {
	var list []string
	for _, a := range x.manager.Actions() {
		list = append(list, a.Name)
	}
	return list
}

func (x *Exchange) moduleNames([]string, string) []string { return x.modules.running() }

// modulesLike is for "module show like X".
func (x *Exchange) modulesLike(args []string, _ string) []string {
	switch {
	case len(args) == 0:
		return []string{"like"}
	case len(args) == 1 && args[0] == "like":
		return x.modules.running()
	}
	return nil
}

// helpWords are the words of commands that begin with the arguments.
func (x *Exchange) helpWords(args []string, word string) []string {
	return x.console.Complete(strings.TrimSpace(strings.Join(args, " ")+" "+word) + trailing(args, word))
}

// trailing is the space by which completion knows that the last word is whole.
func trailing(args []string, word string) string {
	if word == "" && len(args) > 0 {
		return " "
	}
	return ""
}
