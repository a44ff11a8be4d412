package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// compareLive records copies of the files anew, each on the release that it names, and
// compares our program with them.
func compareLive(binary string, files []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	binary, err = filepath.Abs(binary)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "live")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var copies []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		copied := filepath.Join(dir, filepath.Clean("/"+file))
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(copied, data, 0o644); err != nil {
			return err
		}
		copies = append(copies, copied)
	}
	for _, args := range [][]string{{"-record", "22", "-again"}, {"-record", "16", "-again"}, {"-binary", binary}} {
		fmt.Println(filepath.Base(self), args)
		run := exec.Command(self, append(args, copies...)...)
		run.Stdout, run.Stderr = os.Stdout, os.Stderr
		if err := run.Run(); err != nil && args[0] == "-binary" {
			return err
		} else if err != nil {
			fmt.Println("not all was recorded anew; the records that there are stand for the rest:", err)
		}
	}
	return nil
}
