package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/facts/compatibility"
	"github.com/octothorpe/octothorpe/internal/phone"
)

func main() {
	output := flag.String("o", "docs/compatibility.md", "the `file` to write")
	encoders := flag.String("encoders", "../../internal", "the `folder` whose code writes the manager events")
	flag.Parse()
	if err := run(*output, *encoders); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(output, encoders string) error {
	ours, err := gather()
	if err != nil {
		return err
	}
	events, err := writtenEvents(encoders)
	if err != nil {
		return err
	}
	ours.Events = append(events, idleEvents()...)
	var document bytes.Buffer
	if err := compatibility.Write(&document, ours); err != nil {
		return err
	}
	return os.WriteFile(output, append(bytes.TrimRight(document.Bytes(), "\n"), '\n'), 0o644)
}

// gather asks an exchange and the phones for their tables.
func gather() (compatibility.Ours, error) {
	var ours compatibility.Ours
	state, err := os.MkdirTemp("", "compatibility")
	if err != nil {
		return ours, err
	}
	defer os.RemoveAll(state)
	x, err := exchange.New(exchange.Options{State: state})
	if err != nil {
		return ours, err
	}
	defer x.Discard()
	tables := x.Tables()
	for _, t := range []struct {
		rows []command.Row
		to   *[]compatibility.Item
	}{{tables.Applications, &ours.Applications}, {tables.Functions, &ours.Functions}, {tables.Actions, &ours.Actions}, {tables.Console, &ours.Console}, {tables.AGI, &ours.AGI}, {tables.ARI, &ours.ARI}} {
		for _, r := range t.rows {
			*t.to = append(*t.to, item(r))
		}
	}
	for _, technology := range []string{phone.PJSIP, phone.SIP} {
		driver := phone.New(phone.Config{Model: &phone.Model{Technology: technology}})
		ours.Console = append(ours.Console, items(driver.Console())...)
		for _, a := range driver.Actions() {
			ours.Actions = append(ours.Actions, item(a.Row))
		}
		for _, a := range driver.Applications() {
			ours.Applications = append(ours.Applications, item(a.Row))
		}
		for _, f := range driver.Functions() {
			ours.Functions = append(ours.Functions, item(f.Row))
		}
	}
	own, unread, err := ownOptions()
	ours.Options, ours.Unread = append(phone.Options(), own...), unread
	return ours, err
}

func items(table []command.Console) []compatibility.Item {
	var all []compatibility.Item
	for _, c := range table {
		all = append(all, item(c.Row))
	}
	return all
}

func item(r command.Row) compatibility.Item {
	return compatibility.Item{Name: r.Name, Partial: r.Partial, Idle: r.Idle}
}

// known tells a name of an event from what else has such calls. Our own are in the table,
// too.
func known(name string) bool {
	return slices.ContainsFunc(facts.Events(), func(e facts.Event) bool { return strings.EqualFold(e.Name, name) }) ||
		slices.Contains([]string{"ChannelHungup", "ChannelsHungupListComplete", "TestEvent", "WaitEventComplete"}, name)
}

// writtenEvents finds the events that the packages below a folder can tell: the names
// that they give. Their kinds are Go types, so there is no table to ask.
func writtenEvents(folder string) ([]compatibility.Item, error) {
	var names []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return fmt.Errorf("read the encoders: %w", err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if name := startedEvent(n); name != "" {
				names = append(names, name)
			}
			return true
		})
		return nil
	})
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !known(name) })
	var all []compatibility.Item
	for _, name := range names {
		all = append(all, compatibility.Item{Name: name})
	}
	return all, err
}

// startedEvent is the name in a call x.start("Name", …), r.Event("Name", …) and the like,
// or in a value Generic{Name: "Name"}, or "".
func startedEvent(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		return calledEvent(n)
	case *ast.CompositeLit:
		t, ok := n.Type.(*ast.SelectorExpr)
		if !ok || t.Sel.Name != "Generic" && t.Sel.Name != "Security" {
			return ""
		}
		for _, field := range n.Elts {
			if pair, ok := field.(*ast.KeyValueExpr); ok && fmt.Sprint(pair.Key) == "Name" {
				return text(pair.Value)
			}
		}
	}
	return ""
}

// tellers are the methods and functions that tell an event by its name, and which of
// their arguments that is.
var tellers = map[string]int{"start": 0, "Event": 0, "ListEnd": 0, "tell": 0, "security": 0, "insecure": 0, "tellHandler": 1, "alter": 4}

func calledEvent(call *ast.CallExpr) string {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	at, ok := tellers[name]
	if !ok || len(call.Args) <= at {
		return ""
	}
	return text(call.Args[at])
}

// text is a string that stands in the code, or "".
func text(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return ""
	}
	name, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	return name
}
