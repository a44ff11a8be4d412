package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"

	"github.com/octothorpe/octothorpe/ari"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8088/ari", "`URL` of ARI")
	user := flag.String("user", "me", "`name` of a user of ari.conf; the password is in ARI_PASSWORD")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *url, *user); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url, user string) error {
	client, err := ari.Connect(ctx, ari.Config{URL: url, Username: user, Password: os.Getenv("ARI_PASSWORD"), Apps: []string{"holdbridge"}, Logger: slog.Default()})
	if err != nil {
		return err
	}
	defer client.Close()
	bridge, err := client.NewBridge(ctx, &ari.BridgeCreateOptions{Type: "holding", Name: "waiting"})
	if err != nil {
		return err
	}
	defer func() { _ = bridge.Destroy(context.WithoutCancel(ctx)) }()
	if err := bridge.StartMOH(ctx, nil); err != nil {
		return err
	}
	next := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			next <- struct{}{}
		}
	}()
	return client.Serve(ctx, func(ctx context.Context, call *ari.ChannelHandle, _ *ari.StasisStart) error {
		if err := call.Answer(ctx); err != nil {
			return err
		}
		if err := bridge.AddChannel(ctx, []string{call.ID}, nil); err != nil {
			return err
		}
		if err := bridge.WaitChannel(ctx, call.ID, true); err != nil {
			return err
		}
		fmt.Println("waiting:", call.Data().Name)
		select {
		case <-next: // who waits longest on a channel of Go receives first
		case <-ctx.Done():
			fmt.Println("gave up:", call.Data().Name)
			return context.Cause(ctx)
		}
		fmt.Println("next:", call.Data().Name)
		if err := bridge.RemoveChannel(ctx, []string{call.ID}); err != nil {
			return err
		}
		return call.ContinueInDialplan(ctx, nil)
	})
}
