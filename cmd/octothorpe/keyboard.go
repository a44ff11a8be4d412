package main

import "io"

// A keyboard is what the user types, for one console after the other: to read it
// cannot be broken off, so what a console no longer waits for the next one gets.
// Nobody reads while no console waits, for a program may have the terminal.
type keyboard struct {
	in      io.Reader
	reading chan typed // not nil while a read is under way
	rest    []byte
}

type typed struct {
	text []byte
	err  error
}

func newKeyboard(in io.Reader) *keyboard { return &keyboard{in: in} }

// until returns a reader of the keyboard that ends when over is closed. The one
// before must not be used any more.
func (k *keyboard) until(over <-chan struct{}) io.Reader { return keyReader{k, over} }

type keyReader struct {
	keyboard *keyboard
	over     <-chan struct{}
}

func (r keyReader) Read(b []byte) (int, error) {
	k := r.keyboard
	if len(k.rest) == 0 {
		if k.reading == nil {
			k.reading = make(chan typed, 1)
			go k.read(k.reading)
		}
		select {
		case t := <-k.reading:
			k.reading = nil
			if k.rest = t.text; t.err != nil && len(t.text) == 0 {
				return 0, t.err
			}
		case <-r.over:
			return 0, io.EOF
		}
	}
	n := copy(b, k.rest)
	k.rest = k.rest[n:]
	return n, nil
}

func (k *keyboard) read(to chan<- typed) {
	b := make([]byte, 256)
	n, err := k.in.Read(b)
	to <- typed{b[:n], err}
}
