package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/test/wire"
)

const wires = "test/wire/testdata"

// isWire says whether a file is of the SIP corpus.
func isWire(file string) bool { return strings.Contains(filepath.ToSlash(file), wires) }

// playWire plays a file of the SIP corpus and returns what each of its exchanges got.
// All those that were not recorded yet, or with all set every one, are recorded. Of those
// that are known to differ it says how much came after their end, too.
func playWire(exchange Exchange, file *wire.File, record, all bool, known map[string]wire.Difference) (got map[string][]*wire.Step, late map[string]int, err error) {
	scratch, err := os.MkdirTemp("", "reference")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(scratch)
	config := filepath.Join(scratch, "etc")
	if err := os.MkdirAll(config, 0o755); err != nil {
		return nil, nil, err
	}
	for name, text := range file.Config {
		if err := os.WriteFile(filepath.Join(config, name), []byte(text), 0o644); err != nil {
			return nil, nil, err
		}
	}
	if err := exchange.Start(config); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", exchange.Name(), err)
	}
	defer func() { err = errors.Join(err, exchange.Stop()) }()
	player, err := wire.NewPlayer("127.0.0.1", func(command string) (string, error) { return exchange.Console(command) })
	if err != nil {
		return nil, nil, err
	}
	defer player.Close()
	if err := player.ServeTables(file); err != nil {
		return nil, nil, err
	}
	got, late = map[string][]*wire.Step{}, map[string]int{}
	for _, x := range file.Exchanges {
		if record && !all && x.Recorded() {
			continue
		}
		_, listed := known[listedAs(file, x)]
		player.Patience = 0
		if listed {
			player.Patience = wire.Patience
		}
		steps, wrong := player.Play(x, record)
		if listed {
			late[x.Name], wrong = player.Settle(), nil // its script may not go on
		}
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", x.Name, wrong))
		}
		got[x.Name] = steps
	}
	return got, late, err
}

// listedAs is the name of an exchange of messages in the list of differences.
func listedAs(file *wire.File, x *wire.Exchange) string {
	return strings.TrimSuffix(filepath.Base(file.Path), ".txtar") + "/" + x.Name
}

// recordWire keeps what the real Asterisk of this release sent.
func recordWire(asterisk *reference, path string, all bool) error {
	file, err := wire.Read(path)
	if err != nil || file.Release() != asterisk.release {
		return err
	}
	got, _, err := playWire(asterisk, file, true, all, nil)
	for _, x := range file.Exchanges {
		if steps := got[x.Name]; len(steps) == len(x.Steps) {
			x.Steps = steps
		}
	}
	fmt.Printf("%s: %d of %d exchanges recorded\n", path, len(got), len(file.Exchanges))
	return errors.Join(err, file.Write())
}

// compareWire plays a file on an exchange and says what is not as it was recorded.
func compareWire(exchange Exchange, path string) (differences []string, err error) {
	file, err := wire.Read(path)
	if err != nil {
		return nil, err
	}
	known := map[string]wire.Difference{}
	if _, real := exchange.(*reference); !real { // ours has some on purpose
		if known, err = wire.Differences(filepath.Join(wires, "differences.txt")); err != nil {
			return nil, err
		}
	}
	got, late, err := playWire(exchange, file, false, true, known)
	for _, x := range file.Exchanges {
		list := wire.Compare(got[x.Name], x.Steps)
		if n := late[x.Name]; n > 0 {
			list = append(list, wire.More(n))
		}
		if is, ok := known[listedAs(file, x)]; ok && (wire.Plain(list) == is.What || len(got[x.Name]) < len(x.Steps)) {
			continue
		}
		for _, difference := range list {
			differences = append(differences, x.Name+": "+difference)
		}
	}
	return differences, err
}

// onWire records a file of the SIP corpus, or shows how steady its record is.
func onWire(asterisk *reference, path string, keep, again bool) error {
	if keep {
		return recordWire(asterisk, path, again)
	}
	if file, err := wire.Read(path); err != nil || file.Release() != asterisk.release {
		return err
	}
	differences, err := compareWire(asterisk, path)
	report(path, differences)
	return err
}
