package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/octothorpe/octothorpe/agi"
)

func main() {
	listen := flag.String("listen", ":"+agi.Port, "`address` to listen on")
	url := flag.String("url", "http://127.0.0.1:8000/calls", "where to post")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	server := agi.Server{Handler: service{*url}}
	if err := server.ListenAndServe(ctx, *listen); err != nil {
		log.Fatal(err)
	}
}

type service struct{ url string }

// call is what the service is told.
type call struct {
	ID        string `json:"id"`
	Channel   string `json:"channel"`
	Caller    string `json:"caller"`
	Name      string `json:"name,omitempty"`
	Extension string `json:"extension"`
}

// patience is how long a caller waits for the service.
const patience = 2 * time.Second

// ServeAGI implements agi.Handler.
func (w service) ServeAGI(ctx context.Context, s *agi.Session) error {
	logged := "yes"
	failed := w.post(ctx, call{ID: s.Env.Get("uniqueid"), Channel: s.Env.Get("channel"), Caller: s.Env.Get("callerid"),
		Name: s.Env.Get("calleridname"), Extension: s.Env.Get("extension")})
	if failed != nil {
		logged = "no"
	}
	if err := s.SetVariable(ctx, "LOGGED", logged); err != nil {
		return err
	}
	return failed
}

func (w service) post(ctx context.Context, c call) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s", w.url, answer.Status)
	}
	return nil
}
