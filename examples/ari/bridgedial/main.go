package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"strconv"

	"github.com/octothorpe/octothorpe/ari"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8088/ari", "`URL` of ARI")
	user := flag.String("user", "me", "`name` of a user of ari.conf; the password is in ARI_PASSWORD")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client, err := ari.Connect(ctx, ari.Config{URL: *url, Username: *user, Password: os.Getenv("ARI_PASSWORD"), Apps: []string{"bridgedial"}, Logger: slog.Default()})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := client.Serve(ctx, dialer{client}.connect); err != nil && ctx.Err() == nil {
		log.Print(err)
	}
}

const patience = 30 // seconds until the endpoint has to answer

type dialer struct{ client *ari.Client }

// connect is a call.
func (d dialer) connect(ctx context.Context, caller *ari.ChannelHandle, start *ari.StasisStart) error {
	if len(start.Args) == 0 {
		return errors.New("the dialplan names no endpoint")
	}
	if err := caller.Ring(ctx); err != nil {
		return err
	}
	// Originator has the new leg take the formats and the linked ID of the caller.
	callee, err := d.client.Originate(ctx, start.Args[0], &ari.ChannelOriginateOptions{Timeout: patience, Originator: caller.ID,
		CallerID: start.Channel.Caller.Number})
	if err != nil {
		return err
	}
	defer callee.Close()
	// What is left of the call ends, also when the caller has given up and ctx has ended.
	defer func() { _ = callee.Hangup(context.WithoutCancel(ctx), nil) }()
	if _, err := callee.WaitStart(ctx); err != nil {
		return hangup(ctx, caller, err)
	}
	if err := caller.Answer(ctx); err != nil {
		return err
	}
	bridge, err := d.client.NewBridge(ctx, &ari.BridgeCreateOptions{Type: "mixing"})
	if err != nil {
		return err
	}
	defer bridge.Close()
	defer func() { _ = bridge.Destroy(context.WithoutCancel(ctx)) }()
	if err := bridge.AddChannel(ctx, []string{caller.ID, callee.ID}, nil); err != nil {
		return err
	}
	_, err = callee.WaitEnd(ctx)
	if err != nil {
		return err // ari.ErrLeft: the caller has hung up
	}
	return hangup(ctx, caller, &ari.EndedError{})
}

// hangup ends the caller's leg as the other one has ended.
func hangup(ctx context.Context, caller *ari.ChannelHandle, err error) error {
	var ended *ari.EndedError
	if !errors.As(err, &ended) {
		return err
	}
	options := &ari.ChannelHangupOptions{Reason: "normal"}
	if ended.Destroyed != nil && ended.Destroyed.Cause > 0 {
		options = &ari.ChannelHangupOptions{ReasonCode: strconv.Itoa(ended.Destroyed.Cause)}
	}
	return caller.Hangup(ctx, options)
}
