package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"
	"path"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

func main() {
	listen := flag.String("listen", ":"+agi.Port, "`address` to listen on")
	folder := flag.String("folder", "/var/spool/messages", "of the exchange, for the messages")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	server := agi.Server{Handler: recorder{*folder}}
	if err := server.ListenAndServe(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

type recorder struct{ folder string }

const (
	longest  = 3 * time.Minute
	silence  = 5 * time.Second
	patience = 5 * time.Second
	tries    = 5
)

// ServeAGI implements agi.Handler.
func (g recorder) ServeAGI(ctx context.Context, s *agi.Session) error {
	if err := s.Answer(ctx); err != nil {
		return err
	}
	if _, _, err := s.StreamFile(ctx, "vm-intro", "#", 0); err != nil {
		return err
	}
	message := path.Join(g.folder, s.Env.Get("uniqueid"))
	for range tries {
		_, _, _, err := s.RecordFile(ctx, agi.Recording{File: message, Format: "wav", Keys: "#", Limit: longest, Silence: silence, Beep: true})
		if err := s.SetVariable(ctx, "MESSAGE", message); err != nil {
			return err
		}
		if errors.Is(err, agi.ErrHangup) {
			return nil // it is kept
		}
		if err != nil {
			return err
		}
		again, err := review(ctx, s, message)
		if err != nil || !again {
			return err
		}
	}
	return nil
}

// review offers to hear the message, and reports whether the caller wants to record it again.
func review(ctx context.Context, s *agi.Session, message string) (again bool, err error) {
	for range tries {
		key, _, err := s.GetOption(ctx, "vm-review", "123", patience)
		switch {
		case err != nil:
			return false, err
		case key == "2":
			if _, _, err := s.StreamFile(ctx, message, "", 0); err != nil {
				return false, err
			}
		case key == "3":
			return true, nil
		default:
			_, _, err := s.StreamFile(ctx, "vm-msgsaved", "", 0)
			return false, err
		}
	}
	return false, nil
}
