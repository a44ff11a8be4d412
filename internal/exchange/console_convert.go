package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// convertCommand makes a sound of one format of that of another.
func (x *Exchange) convertCommand() command.Console {
	return command.Console{Row: command.Row{Name: "file convert", Module: "res_convert", Synopsis: "Write a sound in another format",
		Syntax: "file convert <file> <file>", Description: "Names that are not absolute are below astdatadir/sounds. Their endings say what the formats are."},
		Run: x.convert}
}

// convert does so. What goes wrong is told in the reference's words.
func (x *Exchange) convert(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 2 || r.Args[0] == "" || r.Args[1] == "" {
		return &command.UsageError{}
	}
	from, to := r.Args[0], r.Args[1]
	refuse := func(format, name string) error { return command.Refusal(fmt.Sprintf(format, name)) }
	const invalid, unreadable, unwritable = "'%s' is an invalid filename!", "Unable to open input file: %s", "Unable to open output file: %s"
	if filepath.Ext(from) == "" {
		return refuse(invalid, from)
	}
	began := time.Now()
	in, err := openSound(x.soundPath(from))
	if err != nil {
		return refuse(unreadable, from)
	}
	defer in.Close()
	switch {
	case filepath.Ext(to) == "":
		return refuse(invalid, to)
	case x.soundPath(from) == x.soundPath(to): // it would be empty before it is read
		return refuse(unwritable, to)
	}
	if err := convertSound(in, x.soundPath(to)); err != nil {
		x.log.Warn("a sound was not converted", "from", from, "to", to, "error", err)
		return refuse(unwritable, to)
	}
	fmt.Fprintf(r.Out, "Converted %s to %s in %dms\n", from, to, time.Since(began).Milliseconds())
	return nil
}

func (x *Exchange) soundPath(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(x.dirs.Data, "sounds", name)
}

func openSound(path string) (media.FileReader, error) {
	directory, base := filepath.Split(path)
	return media.OpenRead(os.DirFS(directory), base)
}

// convertSound writes what in has to a file of the format that its name tells.
func convertSound(in media.FileReader, path string) error {
	out, err := media.Create(path, strings.TrimPrefix(filepath.Ext(path), "."), false)
	if err != nil {
		return err
	}
	for {
		f, err := in.Next()
		if err == nil {
			err = out.Write(f)
		}
		switch {
		case errors.Is(err, io.EOF):
			return out.Close()
		case err != nil:
			return errors.Join(err, out.Close())
		}
	}
}
