package gateway

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// dataRows are the commands of variables, the database and texts.
func dataRows() []row {
	return []row{
		{name: "database del", syntax: "family key", synopsis: "Deletes a key of the database", dead: true, least: 2, most: 2, run: databaseDel},
		{name: "database deltree", syntax: "family [tree]", synopsis: "Deletes a family of the database, or a part of it", dead: true, least: 1, most: 2, run: databaseDelTree},
		{name: "database get", syntax: "family key", synopsis: "Gets a value of the database", dead: true, least: 2, most: 2, run: databaseGet},
		{name: "database put", syntax: "family key value", synopsis: "Puts a value into the database", dead: true, least: 3, most: 3, run: databasePut},
		{name: "get full variable", syntax: "text [channel]", synopsis: "Tells what a text comes to when variables, functions and expressions in it are put in", dead: true, least: 1, most: 2, run: getFullVariable},
		{name: "get variable", syntax: "name", synopsis: "Gets a variable of the leg, or a function", dead: true, least: 1, most: 1, run: getVariable},
		{name: "set variable", syntax: "name value", synopsis: "Sets a variable of the leg, or a function", dead: true, least: 2, most: 2, run: setVariable},
		{name: "receive char", syntax: "timeout", synopsis: "Waits for a character of text, milliseconds", least: 1, most: 1, listens: true, run: receiveChar},
		{name: "receive text", syntax: "timeout", synopsis: "Waits for a text message, milliseconds", least: 1, most: 1, listens: true, run: receiveText},
		{name: "send image", syntax: "image", synopsis: "Sends an image, where the leg takes some", least: 1, most: 1, run: sendImage},
		{name: "send text", syntax: "text", synopsis: "Sends a text message, where the leg takes some", least: 1, most: 1, run: sendText},
	}
}

// value is the outcome of what may have a value.
func value(text string, there bool) outcome {
	if !there {
		return ok(0)
	}
	return outcome{reply: agi.OK(1).With(text)}
}

func databaseGet(s *session, _ context.Context, args []string) outcome {
	return value(s.g.House.Database.Get(args[0], args[1]))
}

func databasePut(s *session, _ context.Context, args []string) outcome {
	if err := s.g.House.Database.Put(args[0], args[1], args[2]); err != nil {
		s.g.Logger.Warn("the database took nothing", "channel", s.c.Name(), "error", err)
		return ok(0)
	}
	return ok(1)
}

// databaseDel answers 1 for a key that is not there, too, as the reference does.
func databaseDel(s *session, _ context.Context, args []string) outcome {
	if _, err := s.g.House.Database.Del(args[0], args[1]); err != nil {
		return ok(0)
	}
	return ok(1)
}

// databaseDelTree answers as the reference does: 0 where something was deleted.
func databaseDelTree(s *session, _ context.Context, args []string) outcome {
	part := ""
	if len(args) > 1 {
		part = args[1]
	}
	if s.g.House.Database.DelTree(args[0], part) > 0 {
		return ok(0)
	}
	return ok(1)
}

func getVariable(s *session, ctx context.Context, args []string) outcome {
	if strings.HasSuffix(args[0], ")") {
		text, err := s.g.Dialplan.Read(ctx, s.c, args[0])
		return value(text, err == nil)
	}
	return value(s.g.Dialplan.Variable(s.c, args[0]))
}

func getFullVariable(s *session, ctx context.Context, args []string) outcome {
	c := s.other(args[1:])
	if c == nil {
		return ok(0)
	}
	return value(s.g.Dialplan.Expand(ctx, c, args[0]), true)
}

func setVariable(s *session, ctx context.Context, args []string) outcome {
	if err := s.g.Dialplan.Assign(ctx, s.c, args[0], args[1]); err != nil {
		s.g.Logger.Warn("the variable was not set", "channel", s.c.Name(), "variable", args[0], "error", err)
	}
	return ok(1)
}

// receive waits for a text. Without one in time, and on a leg that has none, it
// answers as on one that is hung up: so does the reference.
func receive(s *session, ctx context.Context, timeout string) (string, bool) {
	d, _ := milliseconds(timeout)
	text, came, err := app.ReceiveText(ctx, s.c, max(d, 0))
	return text, came && err == nil
}

func receiveChar(s *session, ctx context.Context, args []string) outcome {
	text, came := receive(s, ctx, args[0])
	if !came || text == "" {
		return outcome{reply: agi.OK(-1).With("hangup"), failed: true}
	}
	return ok(int(text[0]))
}

func receiveText(s *session, ctx context.Context, args []string) outcome {
	text, came := receive(s, ctx, args[0])
	if !came {
		return ok(-1)
	}
	return outcome{reply: agi.OK(1).With(text)}
}

func sendText(s *session, _ context.Context, args []string) outcome {
	if leg, can := s.c.Leg().(channel.TextSender); can {
		if err := leg.SendText(args[0]); err != nil {
			s.g.Logger.Warn("the text was not sent", "channel", s.c.Name(), "error", err)
		}
	}
	return ok(0)
}

// sendImage answers as for a leg that takes none, which all of ours are.
func sendImage(*session, context.Context, []string) outcome { return ok(0) }
