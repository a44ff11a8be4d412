package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// CheckKeys tells why nobody can dial a text on a telephone, or not all of it: at most keys
// of it count; 0 is any number.
func CheckKeys(text string, most int) error {
	switch {
	case strings.Trim(text, "0123456789*#ABCD") != "":
		return fmt.Errorf("%q can't be dialled: keys are 0 to 9, *, # and A to D", text)
	case most > 0 && len(text) > most:
		return fmt.Errorf("%q has more than %d keys", text, most)
	}
	return nil
}

// CheckCommand tells why a command line can't be run: its program is named by its path, and
// there is none. What the shell looks for, or makes of variables, is not looked at.
func CheckCommand(line string) error {
	program, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !filepath.IsAbs(program) || strings.ContainsAny(program, "$`'\"\\;|&*?") {
		return nil
	}
	info, err := os.Stat(program)
	switch {
	case err != nil:
		return fmt.Errorf("there is no program %s", program)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is no program that may be run", program)
	}
	return nil
}

// Keys reads keys of a telephone, at most some of them if most is not 0. What can't be
// dialled is reported, and is in force as it is in Asterisk.
func (s *SectionReader) Keys(key, otherwise string, most int) string {
	e, ok := s.entry(key)
	if !ok {
		return otherwise
	}
	if err := CheckKeys(e.Value, most); err != nil {
		s.reader.Report(Warning, e, "", "%s: %v", e.Key, err)
	}
	return e.Value
}

// Command reads a command line, and reports a program that is not there.
func (s *SectionReader) Command(key, otherwise string) string {
	e, ok := s.entry(key)
	if !ok {
		return otherwise
	}
	if err := CheckCommand(e.Value); err != nil {
		s.reader.Report(Warning, e, "correct the path, or install it", "%s: %v", e.Key, err)
	}
	return e.Value
}
