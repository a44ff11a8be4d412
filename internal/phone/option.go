package phone

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings holds the values of options that nothing heeds, by
// name. It is written while a configuration is loaded and never after.
type settings map[string]string

// An option is one name=value that a section of the configuration takes.
type option[T any] struct {
	name     string
	fallback string // the value without a line of the file
	// set puts a value in. An error makes the whole section invalid, as in the reference.
	set func(*T, string) error
	// show gives the value as the tables of the console print it; nil is not shown.
	show func(*T) string
	// rare options are in the tables only where they are set.
	rare bool
	// kept says that the value is shown and nothing heeds it; see kept.
	kept bool
}

// An optionTable is every option that a section of one type takes.
type optionTable[T any] struct {
	list   []option[T] // by name
	byName map[string]*option[T]
	fresh  T // with every fallback in place
}

func newOptionTable[T any](list ...option[T]) *optionTable[T] {
	slices.SortFunc(list, func(a, b option[T]) int { return strings.Compare(a.name, b.name) })
	t := &optionTable[T]{list: list, byName: make(map[string]*option[T], len(list))}
	for i := range list {
		o := &list[i]
		t.byName[o.name] = o
		if o.fallback != "" && !o.kept {
			// A fallback that does not parse would be seen by the first test of the table.
			_ = o.set(&t.fresh, o.fallback)
		}
	}
	return t
}

// A shown is one line of a table of options.
type shown struct{ name, value string }

func (t *optionTable[T]) shown(v *T) []shown {
	lines := make([]shown, 0, len(t.list))
	for i := range t.list {
		if o := &t.list[i]; o.show != nil {
			if value := o.show(v); value != "" || !o.rare {
				lines = append(lines, shown{o.name, value})
			}
		}
	}
	return lines
}

func boolean[T any](name string, at func(*T) *bool, fallback string) option[T] {
	return option[T]{name: name, fallback: fallback,
		set:  func(v *T, text string) error { return truth(at(v), text) },
		show: func(v *T) string { return strconv.FormatBool(*at(v)) }}
}

// yesNo is a boolean that the tables show as yes and no.
func yesNo[T any](name string, at func(*T) *bool, fallback string) option[T] {
	o := boolean(name, at, fallback)
	o.show = func(v *T) string { return choose(*at(v), "yes", "no") }
	return o
}

// capitalYesNo is a boolean that the tables show as Yes and No.
func capitalYesNo[T any](name string, at func(*T) *bool, fallback string) option[T] {
	o := boolean(name, at, fallback)
	o.show = func(v *T) string { return choose(*at(v), "Yes", "No") }
	return o
}

func text[T any](name string, at func(*T) *string, fallback string) option[T] {
	return option[T]{name: name, fallback: fallback,
		set:  func(v *T, text string) error { *at(v) = text; return nil },
		show: func(v *T) string { return *at(v) }}
}

// words is one of a few words.
func words[T any](name string, at func(*T) *string, allowed ...string) option[T] {
	o := text(name, at, allowed[0])
	o.set = func(v *T, text string) error {
		for _, word := range allowed {
			if strings.EqualFold(word, text) {
				*at(v) = word
				return nil
			}
		}
		return fmt.Errorf("%q is none of %s", text, strings.Join(allowed, ", "))
	}
	return o
}

func list[T any](name string, at func(*T) *[]string, fallback string) option[T] {
	return option[T]{name: name, fallback: fallback,
		set:  func(v *T, text string) error { *at(v) = splitList(text); return nil },
		show: func(v *T) string { return strings.Join(*at(v), ",") }}
}

func integer[T any](name string, at func(*T) *int, fallback string) option[T] {
	return option[T]{name: name, fallback: fallback,
		set:  func(v *T, text string) (err error) { *at(v), err = parseInt(text, math.MaxInt32); return err },
		show: func(v *T) string { return strconv.Itoa(*at(v)) }}
}

// seconds and milliseconds are durations, given and shown as a plain number.
func seconds[T any](name string, at func(*T) *time.Duration, fallback string) option[T] {
	return duration(name, at, fallback, time.Second)
}

func milliseconds[T any](name string, at func(*T) *time.Duration, fallback string) option[T] {
	return duration(name, at, fallback, time.Millisecond)
}

func duration[T any](name string, at func(*T) *time.Duration, fallback string, unit time.Duration) option[T] {
	return option[T]{name: name, fallback: fallback,
		set: func(v *T, text string) error {
			n, err := parseInt(text, math.MaxInt32)
			*at(v) = time.Duration(n) * unit
			return err
		},
		show: func(v *T) string { return strconv.FormatInt(int64(*at(v)/unit), 10) }}
}

// fraction is a duration in seconds with decimals.
func fraction[T any](name string, at func(*T) *time.Duration, fallback string) option[T] {
	return option[T]{name: name, fallback: fallback,
		set: func(v *T, text string) error {
			f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			if err != nil || f < 0 || f > math.MaxInt32 {
				return fmt.Errorf("%q is no number of seconds", text)
			}
			*at(v) = time.Duration(f * float64(time.Second))
			return nil
		},
		show: func(v *T) string { return strconv.FormatFloat(at(v).Seconds(), 'f', 6, 64) }}
}

// rare is an option that the tables have only where it is set.
func rare[T any](o option[T]) option[T] { o.rare = true; return o }

// How a value that nothing heeds is checked and shown.
const (
	keptText = iota
	keptBool
	keptYesNo
	keptNumber
)

// kept is an option that is kept and shown. Either it has no effect, which pjsipPointless
// then says the reason of, or it tunes what is made in another way here: pools of threads
// and their queues, where goroutines come and go as they are needed, and look-outs at
// intervals, where each thing has its own time.
func kept[T any](name string, at func(*T) *settings, kind int, fallback string) option[T] {
	return option[T]{name: name, fallback: fallback, kept: true,
		set: func(v *T, text string) error {
			switch kind {
			case keptBool:
				text = strconv.FormatBool(isTrue(text))
			case keptYesNo:
				text = choose(isTrue(text), "yes", "no")
			case keptNumber:
				if _, err := parseInt(text, math.MaxUint32); err != nil {
					return err
				}
			}
			if *at(v) == nil {
				*at(v) = settings{}
			}
			(*at(v))[name] = text
			return nil
		},
		show: func(v *T) string {
			if value, ok := (*at(v))[name]; ok {
				return value
			}
			return fallback
		}}
}

func parseInt(text string, most int64) (int, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%q is no number from 0 to %d", text, most)
	}
	return int(n), nil
}

// A remark is what is said of a value that holds all the same.
type remark string

// Error implements error.
func (r remark) Error() string { return string(r) }

// truth reads a yes or no. As in the reference all other words count as no, which
// nobody means who writes one.
func truth(at *bool, text string) error {
	*at = isTrue(text)
	return among(text)
}

// among remarks on a text that is neither a truth nor one of some words.
func among(text string, known ...string) error {
	if isTrue(text) || isFalse(text) || slices.ContainsFunc(known, func(word string) bool { return strings.EqualFold(word, strings.TrimSpace(text)) }) {
		return nil
	}
	return remark(fmt.Sprintf("%q is none of %s: it counts as no", text, strings.Join(append([]string{"yes", "no"}, known...), ", ")))
}

// isTrue knows the words that mean yes in Asterisk's files.
func isTrue(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

// isFalse knows the words that mean no.
func isFalse(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "no", "false", "n", "f", "0", "off":
		return true
	}
	return false
}

func choose[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

// splitList reads words with commas between them; empty ones are left out.
func splitList(text string) []string {
	var list []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			list = append(list, word)
		}
	}
	return list
}
