package facts

import "strings"

// An Application is a dialplan application.
type Application struct {
	Name      string
	Arguments string   // as written between the parentheses
	Options   []string // the option letters that it takes
	Legacy    bool     // Asterisk 16 has it, 22 has not
}

// Applications returns the dialplan applications, sorted by name.
func Applications() []Application {
	var all []Application
	for _, r := range rows("dialplan-applications") {
		all = append(all, Application{r.cell(0), r.cell(1), strings.Fields(r.cell(2)), r.legacy})
	}
	return all
}

// Letters returns which argument has option letters, counted from 0, and the letters; none
// where an application has no such argument, or words instead of letters.
func (a Application) Letters() (argument int, letters string) {
	for _, option := range a.Options {
		letter, _, _ := strings.Cut(option, "(")
		if len(letter) != 1 {
			return 0, ""
		}
		letters += letter
	}
	for i, name := range strings.Split(a.Arguments, ",") {
		if name = strings.Trim(name, "[]"); name == "options" || name == "option" {
			return i, letters
		}
	}
	return 0, ""
}

// A Function is a dialplan function.
type Function struct {
	Name      string
	Arguments string
	Legacy    bool
}

// Functions returns the dialplan functions, sorted by name.
func Functions() []Function {
	var all []Function
	for _, r := range rows("dialplan-functions") {
		all = append(all, Function{r.cell(0), r.cell(1), r.legacy})
	}
	return all
}

// An AGICommand is what a program may say to the exchange over AGI.
type AGICommand struct {
	Name      string
	Arguments string
	Dead      bool // allowed after the channel was hung up
	Legacy    bool
}

// AGICommands returns the AGI commands, sorted by name.
func AGICommands() []AGICommand {
	var all []AGICommand
	for _, r := range rows("agi-commands") {
		all = append(all, AGICommand{r.cell(0), r.cell(1), r.cell(2) == "Yes", r.legacy})
	}
	return all
}

// A ConsoleCommand is a command of the console, its words separated by spaces.
type ConsoleCommand struct {
	Name   string
	Legacy bool
}

// ConsoleCommands returns the commands of the console, sorted by name.
func ConsoleCommands() []ConsoleCommand {
	var all []ConsoleCommand
	for _, r := range rows("cli-commands") {
		all = append(all, ConsoleCommand{r.cell(0), r.legacy})
	}
	return all
}
