package gateway

import "context"

// speechRows are the commands of speech recognition. There is no engine, and they
// answer as the reference does without one.
func speechRows() []row {
	list := []row{
		{name: "speech create", syntax: "[engine]", synopsis: "Makes a speech object", most: many},
		{name: "speech set", syntax: "name value", synopsis: "Changes a setting of the speech object", least: 2, most: 2},
		{name: "speech destroy", synopsis: "Ends the speech object", dead: true},
		{name: "speech load grammar", syntax: "name path", synopsis: "Loads a grammar", least: 2, most: 2},
		{name: "speech unload grammar", syntax: "name", synopsis: "Unloads a grammar", dead: true, least: 1, most: 1},
		{name: "speech activate grammar", syntax: "name", synopsis: "Has a grammar listened for", least: 1, most: 1},
		{name: "speech deactivate grammar", syntax: "name", synopsis: "Takes a grammar away", least: 1, most: 1},
		{name: "speech recognize", syntax: "prompt timeout [offset]", synopsis: "Plays a prompt and listens", least: 2, most: 3},
	}
	for i := range list {
		list[i].partial = "there is no engine: it answers as the reference does without one"
		list[i].run = func(*session, context.Context, []string) outcome { return ok(0) }
	}
	return list
}
