package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/octothorpe/octothorpe/ari"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8088/ari", "`URL` of ARI")
	user := flag.String("user", "me", "`name` of a user of ari.conf; the password is in ARI_PASSWORD")
	timeout := flag.Int("timeout", 30, "`seconds` until it has to be answered")
	place := &ari.ChannelContinueInDialplanOptions{Priority: 1}
	flag.StringVar(&place.Context, "context", "default", "where the call goes on")
	flag.StringVar(&place.Extension, "extension", "s", "where the call goes on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	config := ari.Config{URL: *url, Username: *user, Password: os.Getenv("ARI_PASSWORD"), Apps: []string{fmt.Sprintf("report-%d", os.Getpid())}}
	report, err := call(ctx, config, flag.Arg(0), *timeout, place)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(report)
}

// A report is what became of a call.
type report struct {
	Endpoint string  `json:"endpoint"`
	Answered bool    `json:"answered"`
	Duration float64 `json:"duration"` // seconds since the answer
	Cause    int     `json:"cause"`    // of Q.850
	Text     string  `json:"cause_txt"`
	Dial     string  `json:"dialstatus"` // ANSWER, BUSY, NOANSWER, …
}

func call(ctx context.Context, config ari.Config, endpoint string, timeout int, place *ari.ChannelContinueInDialplanOptions) (*report, error) {
	client, err := ari.Connect(ctx, config)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	leg, err := client.Originate(ctx, endpoint, &ari.ChannelOriginateOptions{Timeout: timeout})
	if err != nil {
		return nil, err
	}
	defer leg.Close()
	r := &report{Endpoint: endpoint}
	start, err := leg.WaitStart(ctx)
	var ended *ari.EndedError
	switch {
	case errors.As(err, &ended) && ended.Destroyed != nil:
		r.Cause, r.Text, r.Dial = ended.Destroyed.Cause, ended.Destroyed.CauseTxt, dialStatus(ctx, leg)
		return r, nil
	case err != nil:
		return nil, errors.Join(err, leg.Hangup(context.WithoutCancel(ctx), nil))
	}
	// Behind StasisEnd the exchange tells no more of the leg, if it is not asked to.
	if err := errors.Join(leg.Follow(ctx), leg.ContinueInDialplan(ctx, place)); err != nil {
		return nil, err
	}
	end, err := leg.WaitEnd(ctx)
	if err != nil {
		return nil, err
	}
	r.Answered, r.Duration = true, end.Timestamp.Sub(start.Timestamp.Time).Round(time.Millisecond).Seconds()
	r.Cause, r.Text, r.Dial = end.Cause, end.CauseTxt, dialStatus(ctx, leg)
	return r, nil
}

// dialStatus is what the events of a leg that has ended say of its being called.
func dialStatus(ctx context.Context, leg *ari.ChannelHandle) (status string) {
	for e, err := range leg.All(ctx) {
		if dial, ok := e.(*ari.Dial); ok && err == nil && dial.DialStatus != "" {
			status = dial.DialStatus
		}
	}
	return status
}
