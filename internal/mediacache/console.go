package mediacache

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console commands.
func (c *Cache) Commands() []command.Console {
	row := func(name, synopsis, arguments string, n int, run func(ctx context.Context, r *command.ConsoleRequest)) command.Console {
		return command.Console{Row: command.Row{Name: name, Module: "builtin", Synopsis: synopsis, Syntax: name + arguments},
			Run: func(ctx context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) != n || slices.Contains(r.Args, "") {
					return &command.UsageError{}
				}
				run(ctx, r)
				return nil
			}}
	}
	return []command.Console{
		row("media cache show all", "Show the sounds of web servers that are kept", "", 0, c.showAll),
		row("media cache show", "Show what is known of a sound", " <uri>", 1, c.show),
		row("media cache refresh", "Ask the web server for a sound again", " <uri>", 1, c.refresh),
		row("media cache delete", "Forget a sound", " <uri>", 1, c.delete),
		row("media cache create", "Have a file stand for a sound of a web server", " <uri> <file>", 2, c.create),
	}
}

func (c *Cache) showAll(_ context.Context, r *command.ConsoleRequest) {
	c.open()
	defer c.mu.Unlock()
	fmt.Fprintln(r.Out, "URI\n\tLocal File\n---------------")
	for _, uri := range slices.Sorted(maps.Keys(c.items)) {
		fmt.Fprintf(r.Out, "%-40s\n\t%-40s\n", uri, c.items[uri].path)
	}
}

func (c *Cache) show(_ context.Context, r *command.ConsoleRequest) {
	c.open()
	defer c.mu.Unlock()
	uri := r.Args[0]
	i := c.items[uri]
	if i == nil {
		fmt.Fprintf(r.Out, "Unable to find '%s' in the media cache\n", uri)
		return
	}
	fmt.Fprintf(r.Out, "URI: %s\n%s\n", uri, strings.Repeat("-", 40))
	row := func(name, value string) { fmt.Fprintf(r.Out, "\t%20s: %-40s\n", name, value) }
	row("Path", i.path)
	for _, name := range shown {
		if value, ok := i.known[name]; ok {
			row(name, value)
		}
	}
}

func (c *Cache) refresh(ctx context.Context, r *command.ConsoleRequest) {
	uri := r.Args[0]
	c.open()
	if i := c.items[uri]; i != nil && !i.own {
		i.always = true
	}
	c.mu.Unlock()
	path, err := c.Retrieve(ctx, uri)
	if err != nil {
		c.log.Warn("a sound of a web server was not fetched", "error", err)
		fmt.Fprintf(r.Out, "Unable to refresh '%s'\n", uri)
		return
	}
	fmt.Fprintf(r.Out, "Refreshed '%s' to local storage '%s'\n", uri, path)
}

func (c *Cache) delete(_ context.Context, r *command.ConsoleRequest) {
	c.open()
	defer c.mu.Unlock()
	uri := r.Args[0]
	if c.items[uri] == nil {
		fmt.Fprintf(r.Out, "Unable to delete '%s'\n", uri)
		return
	}
	c.remove(uri)
	fmt.Fprintf(r.Out, "Deleted '%s' from the media cache\n", uri)
}

func (c *Cache) create(_ context.Context, r *command.ConsoleRequest) {
	uri, path := r.Args[0], r.Args[1]
	if err := c.add(uri, path); err != nil {
		c.log.Warn("a file does not stand for a sound", "error", err)
		fmt.Fprintf(r.Out, "Unable to create '%s' associated with local file '%s'\n", uri, path)
		return
	}
	fmt.Fprintf(r.Out, "Created '%s' for '%s' in the media cache\n", uri, path)
}

// add has a file stand for a sound.
func (c *Cache) add(uri, path string) error {
	if !Remote(uri) {
		return fmt.Errorf("%s is no URL of a web server", uri)
	}
	about, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !about.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	}
	known := map[string]string{"accessed": fmt.Sprint(time.Now().Unix()), "size": fmt.Sprint(about.Size())}
	if end := filepath.Ext(path); end != "" {
		known[endOf] = end
	}
	c.open()
	defer c.mu.Unlock()
	c.put(uri, &item{path: path, own: true, known: known, freshness: freshness{expires: time.Now()}})
	return nil
}
