package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

func main() {
	listen := flag.String("listen", ":"+agi.Port, "`address` to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var mux agi.Mux
	mux.Handle("menu", agi.HandlerFunc(menu))
	server := agi.Server{Handler: &mux}
	if err := server.ListenAndServe(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

const (
	patience = 10 * time.Second
	tries    = 3
)

func menu(ctx context.Context, s *agi.Session) error {
	if err := s.Answer(ctx); err != nil {
		return err
	}
	for range tries {
		key, _, err := s.GetOption(ctx, "demo-instruct", "123", patience)
		if err != nil {
			return err
		}
		switch key {
		case "1":
			if _, err := s.SayTime(ctx, time.Now(), ""); err != nil {
				return err
			}
		case "2":
			return transfer(ctx, s)
		case "3":
			_, _, err := s.StreamFile(ctx, "vm-goodbye", "", 0)
			return err
		}
	}
	return nil // the dialplan goes on
}

// transfer asks where to, and has the dialplan go on there.
func transfer(ctx context.Context, s *agi.Session) error {
	extension, _, err := s.GetData(ctx, "vm-enter-num-to-call", patience, 4)
	if err != nil {
		return err
	}
	if extension == "" {
		_, _, err = s.StreamFile(ctx, "pbx-invalid", "", 0)
		return err
	}
	if err := s.SetExtension(ctx, extension); err != nil {
		return err
	}
	return s.SetPriority(ctx, "1")
}
