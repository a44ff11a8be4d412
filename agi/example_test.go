package agi_test

import (
	"context"
	"fmt"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

// menu asks for a choice and goes on in the dialplan there.
func menu(ctx context.Context, s *agi.Session) error {
	if err := s.Answer(ctx); err != nil {
		return err
	}
	for range 3 {
		choice, _, err := s.GetOption(ctx, "main-menu", "12", 5*time.Second)
		if err != nil {
			return err
		}
		switch choice {
		case "1":
			return s.SetExtension(ctx, "sales")
		case "2":
			return s.SetExtension(ctx, "support")
		}
	}
	return s.Hangup(ctx, "")
}

// A program is tested without an exchange: a function answers its commands.
func ExamplePipe() {
	s := agi.Pipe(agi.Environment{}, func(command string) agi.Reply {
		fmt.Println(command)
		if agi.Split(command)[0] == "GET" {
			return agi.OK('2').At(4000)
		}
		return agi.OK(0)
	})
	fmt.Println(menu(context.Background(), s))
	// Output:
	// ANSWER
	// GET OPTION main-menu 12 5000
	// SET EXTENSION support
	// <nil>
}

// A server takes the calls of AGI(agi://host/menu) until its context ends.
func ExampleServer() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // at once, here
	var mux agi.Mux
	mux.Handle("menu", agi.HandlerFunc(menu))
	server := agi.Server{Handler: &mux}
	fmt.Println(server.ListenAndServe(ctx, "127.0.0.1:0"))
	// Output:
	// <nil>
}
