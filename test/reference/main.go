package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	scenarios       = "internal/manager/testdata/reference"
	differencesFile = "test/reference/testdata/differences.tsv"
	script          = "test/reference/asterisk.sh"
	namespace       = "octothorpe-reference-ours"
	insideEnv       = "OCTOTHORPE_REFERENCE_INSIDE"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	record := flag.String("record", "", "play on Asterisk of this `release` (22 or 16) and keep the record")
	binary := flag.String("binary", "bin/octothorpe", "our `program`, to compare with the records")
	live := flag.String("live", "", "play on Asterisk of this `release` too and show how steady the records are")
	again := flag.Bool("again", false, "record also what the SIP corpus has a record of")
	keep := flag.String("keep", "", "a `folder` for what our program said, a file a scenario")
	against := flag.Bool("against", false, "play on both Asterisks as well, and compare with what they say now instead of with the records")
	flag.Parse()

	files := flag.Args()
	if len(files) == 0 {
		var err error
		if files, err = filepath.Glob(filepath.Join(scenarios, "*.txtar")); err != nil {
			return err
		}
		exchanges, err := filepath.Glob(filepath.Join(wires, "*.txtar"))
		if err != nil {
			return err
		}
		files = append(files, exchanges...)
	}
	if *against {
		return compareLive(*binary, files)
	}
	release := *record + *live
	if os.Getenv(insideEnv) == "" {
		return enter(release)
	}
	if release != "" {
		return onReference(release, files, *record != "", *again)
	}
	path, err := filepath.Abs(*binary)
	if err != nil {
		return err
	}
	return compareAll(&octothorpe{binary: path}, files, *keep)
}

// enter runs this program again in the network namespace of the exchange, so
// that it reaches it at the well-known ports and SIPp is beside it.
func enter(release string) error {
	name := fmt.Sprintf("%s-%d", namespace, os.Getpid()) // several may run at once
	if release != "" {
		out, err := exec.Command("bash", script, "netns", release).Output()
		if err != nil {
			return fmt.Errorf("asterisk.sh netns %s: %w", release, err)
		}
		name = strings.TrimSpace(string(out))
	} else {
		defer func() { _ = exec.Command("ip", "netns", "delete", name).Run() }()
	}
	_ = exec.Command("ip", "netns", "add", name).Run() // it may be there
	if out, err := exec.Command("ip", "-n", name, "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("network namespace %s: %w: %s", name, err, out)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	again := exec.Command("ip", append([]string{"netns", "exec", name, self}, os.Args[1:]...)...)
	again.Env = append(os.Environ(), insideEnv+"=1")
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := again.Run(); err != nil {
		return fmt.Errorf("in network namespace %s: %w", name, err)
	}
	return nil
}

// onReference plays every scenario of this release on the real Asterisk.
func onReference(release string, files []string, keep, again bool) error {
	asterisk := &reference{script: script, release: release}
	var failed error
	for _, file := range files {
		if isWire(file) {
			failed = errors.Join(failed, onWire(asterisk, file, keep, again))
			continue
		}
		scenario, err := readScenario(file)
		if err != nil {
			return err
		}
		if !strings.Contains(scenario.Comment, "Asterisk "+release) {
			continue
		}
		received, console, err := play(asterisk, scenario)
		if err != nil {
			failed = errors.Join(failed, err)
			fmt.Printf("%s: failed: %v\n%s\n", file, err, received)
			continue
		}
		if !keep {
			report(file, compare(parseMessages(scenario.Received), parseMessages(received)))
			continue
		}
		scenario.Received, scenario.Console = received, console
		if err := scenario.write(); err != nil {
			return err
		}
		fmt.Printf("%s: %d messages recorded\n", file, len(parseMessages(received)))
	}
	return failed
}

// compareAll plays every scenario here and fails if one differs from its record.
func compareAll(exchange Exchange, files []string, keep string) error {
	all, err := readKnown(differencesFile)
	if err != nil {
		return err
	}
	same, excused := 0, 0
	for _, file := range files {
		if isWire(file) {
			differences, err := compareWire(exchange, file)
			if err != nil {
				differences = append(differences, err.Error())
			}
			if report(file, differences) {
				same++
			}
			continue
		}
		scenario, err := readScenario(file)
		if err != nil {
			return err
		}
		received, console, err := play(exchange, scenario)
		if keep != "" {
			if err := os.WriteFile(filepath.Join(keep, filepath.Base(file)), []byte(received), 0o644); err != nil {
				return err
			}
		}
		differences := differ(scenario, received, console)
		if err != nil {
			differences = append(differences, err.Error())
		}
		rest := unknown(scenario, differences, all)
		if len(rest) < len(differences) && len(rest) == 0 {
			excused++
		}
		if report(file, rest) {
			same++
		}
	}
	fmt.Printf("%d same, %d differ (of those that are the same, %d are but for what %s names)\n", same, len(files)-same, excused, differencesFile)
	if same < len(files) {
		return errors.New("differences were found")
	}
	return nil
}

// differ tells in what a scenario went otherwise than recorded.
func differ(scenario *Scenario, received []byte, console map[string]string) []string {
	differences := compare(parseMessages(scenario.Received), asOf(scenario.release(), parseMessages(received)))
	for command, want := range scenario.Console {
		if got := console[command]; steadyTable(got) != steadyTable(want) {
			differences = append(differences, fmt.Sprintf("console %s: got\n%swant\n%s", command, got, want))
		}
	}
	return differences
}

func report(file string, differences []string) bool {
	name := strings.TrimSuffix(filepath.Base(file), ".txtar")
	if len(differences) == 0 {
		fmt.Printf("same       %s\n", name)
		return true
	}
	fmt.Printf("different  %s: %d\n", name, len(differences))
	for _, difference := range differences {
		fmt.Printf("           %s\n", difference)
	}
	return false
}
