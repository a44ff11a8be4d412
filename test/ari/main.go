package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	record := flag.String("record", "", "the `URL` of the interface on which to play and record")
	show := flag.String("show", "", "the `URL` of the interface on which to play and show")
	flag.Parse()
	for _, file := range flag.Args() {
		script, err := os.ReadFile(file) //nolint:gosec // it is what the user names
		if err != nil {
			return err
		}
		played, err := play(context.Background(), *record+*show, string(script), false)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if *show != "" {
			fmt.Print(played)
			continue
		}
		if err := os.WriteFile(file, []byte(played), 0o644); err != nil { //nolint:gosec // it is committed
			return err
		}
	}
	return nil
}
