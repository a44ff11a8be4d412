package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/octothorpe/octothorpe/ari"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8088/ari", "`URL` of ARI")
	user := flag.String("user", "me", "`name` of a user of ari.conf; the password is in ARI_PASSWORD")
	menu := flag.String("menu", "sound:demo-instruct", "`media` of the menu")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client, err := ari.Connect(ctx, ari.Config{URL: *url, Username: *user, Password: os.Getenv("ARI_PASSWORD"), Apps: []string{"ivr"}, Logger: slog.Default()})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ivr := &ivr{client: client, menu: *menu}
	if err := client.Serve(ctx, ivr.answer); err != nil && ctx.Err() == nil {
		log.Print(err)
	}
}

const (
	patience = 5 * time.Second // for a key, behind the menu
	tries    = 3
	longest  = 30 // seconds of a message
)

type ivr struct {
	client *ari.Client
	menu   string
}

// answer is a call.
func (v *ivr) answer(ctx context.Context, call *ari.ChannelHandle, _ *ari.StasisStart) error {
	if err := call.Answer(ctx); err != nil {
		return err
	}
	for range tries {
		key, err := v.ask(ctx, call)
		if err != nil {
			return err
		}
		switch key {
		case "1":
			if err := play(ctx, call, "sound:demo-congrats"); err != nil {
				return err
			}
		case "2":
			if err := v.message(ctx, call); err != nil {
				return err
			}
		case "3":
			return call.ContinueInDialplan(ctx, nil)
		}
	}
	return call.Hangup(ctx, nil)
}

// ask plays the menu until a key is pressed, and returns it; "" if none is.
func (v *ivr) ask(ctx context.Context, call *ari.ChannelHandle) (string, error) {
	playback, err := call.Play(ctx, nil, v.menu)
	if err != nil {
		return "", err
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // the patience begins when the menu has been heard
		if playback.Wait(within) == nil {
			time.AfterFunc(patience, cancel)
		}
	}()
	digit, err := ari.Await[*ari.ChannelDtmfReceived](within, call)
	if err != nil {
		if ctx.Err() == nil && within.Err() != nil {
			return "", nil
		}
		return "", err
	}
	if err := playback.Stop(ctx); err != nil && ari.Status(err) == 0 {
		return "", err // it may have ended by itself, which the server says
	}
	return digit.Digit, nil
}

// message records what is said, until # is pressed, and plays it back.
func (v *ivr) message(ctx context.Context, call *ari.ChannelHandle) error {
	name := "ivr-" + call.ID
	recording, err := call.Record(ctx, name, "wav", &ari.ChannelRecordOptions{Beep: true, MaxDurationSeconds: longest, TerminateOn: "#", IfExists: "overwrite"})
	if err != nil {
		return err
	}
	if err := recording.Wait(ctx); err != nil {
		return err
	}
	err = play(ctx, call, "recording:"+name)
	if failed := (*ari.FailedError)(nil); errors.As(err, &failed) {
		err = nil // nothing was said
	}
	return errors.Join(err, v.client.Recordings.DeleteStored(ctx, name))
}

func play(ctx context.Context, call *ari.ChannelHandle, media ...string) error {
	playback, err := call.Play(ctx, nil, media...)
	if err != nil {
		return err
	}
	return playback.Wait(ctx)
}
