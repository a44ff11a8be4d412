package gateway

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"os"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// document is all commands for people, with a place to link to for each.
var document = template.Must(template.New("").Funcs(template.FuncMap{"upper": strings.ToUpper}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>AGI commands</title>
<style>body{font-family:sans-serif;max-width:60em;margin:auto;padding:1em} dt{font-family:monospace;font-weight:bold;margin-top:1em}</style></head>
<body><h1>AGI commands</h1>
<p>A command marked † needs no channel that is up.</p>
<dl>
{{range .}}<dt id="{{.Name}}">{{upper .Name}} {{.Syntax}}{{if .Dead}} †{{end}}</dt><dd>{{.Synopsis}}.</dd>
{{end}}</dl></body></html>
`))

// dump writes the document to a file.
func (g *Gateway) dump(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	type line struct {
		Name, Syntax, Synopsis string
		Dead                   bool
	}
	var list []line
	for _, c := range commands().rows {
		list = append(list, line{c.name, c.syntax, c.synopsis, c.dead})
	}
	slices.SortFunc(list, func(a, b line) int { return strings.Compare(a.Name, b.Name) })
	f, err := os.Create(r.Args[0])
	if err == nil {
		err = errors.Join(document.Execute(f, list), f.Close())
	}
	if err != nil {
		fmt.Fprintf(r.Out, "Could not write '%s': %v\n", r.Args[0], err)
		return nil
	}
	fmt.Fprintf(r.Out, "AGI HTML commands dumped to: %s\n", r.Args[0])
	return nil
}
