package ari_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/ari"
)

// pbx stands for the exchange of the examples: a call comes in, presses 5 when it is answered, and PJSIP/200 is busy.
func pbx() *httptest.Server {
	events := make(chan string, 10)
	event := func(kind, channel, more string) {
		events <- fmt.Sprintf(`{"type":%q,"application":"hello","channel":{"id":%q,"name":"PJSIP/100-1","state":"Up","caller":{"number":"100"}}%s}`,
			kind, channel, more)
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /ari/events":
			conn, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			ctx := conn.CloseRead(r.Context())
			event("StasisStart", "1", `,"args":["one"]`)
			for {
				select {
				case e := <-events:
					_ = conn.Write(ctx, websocket.MessageText, []byte(e))
				case <-ctx.Done():
					return
				}
			}
		case "POST /ari/channels/1/answer":
			event("ChannelDtmfReceived", "1", `,"digit":"5","duration_ms":100`)
			w.WriteHeader(http.StatusNoContent)
		case "POST /ari/channels":
			id := r.URL.Query().Get("channelId")
			event("ChannelDestroyed", id, `,"cause":17,"cause_txt":"User busy"`)
			_, _ = io.WriteString(w, `{"id":"`+id+`","state":"Down"}`)
		case "POST /ari/channels/1/continue":
			event("StasisEnd", "1", "")
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"Channel not found"}`)
		}
	}))
}

func connect(ctx context.Context) (*ari.Client, func()) {
	server := pbx()
	client, err := ari.Connect(ctx, ari.Config{URL: server.URL, Username: "me", Password: "secret", Apps: []string{"hello"}})
	if err != nil {
		log.Fatal(err)
	}
	return client, func() {
		_ = client.Close()
		server.Close()
	}
}

// Each call that enters the application has a function of its own.
func ExampleClient_Serve() {
	ctx, cancel := context.WithCancel(context.Background())
	client, end := connect(ctx)
	defer end()
	err := client.Serve(ctx, func(ctx context.Context, call *ari.ChannelHandle, start *ari.StasisStart) error {
		defer cancel() // one call is enough for an example
		fmt.Println(start.Channel.Caller.Number, "calls with", start.Args)
		if err := call.Answer(ctx); err != nil {
			return err
		}
		key, err := ari.Await[*ari.ChannelDtmfReceived](ctx, call)
		if err != nil {
			return err // the caller has hung up
		}
		fmt.Println("pressed", key.Digit)
		return nil // the dialplan goes on
	})
	fmt.Println(err)
	// Output:
	// 100 calls with [one]
	// pressed 5
	// context canceled
}

// The handle has all events of a channel that it makes, and says how it ended.
func ExampleClient_Originate() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, end := connect(ctx)
	defer end()
	call, err := client.Originate(ctx, "PJSIP/200", &ari.ChannelOriginateOptions{ChannelID: "2", CallerID: "Ann <555>", Timeout: 20})
	if err != nil {
		log.Fatal(err)
	}
	defer call.Close()
	var ended *ari.EndedError
	if err := call.WaitUp(ctx); errors.As(err, &ended) {
		fmt.Println(ended.Destroyed.Cause, ended.Destroyed.CauseTxt)
	}
	// Output: 17 User busy
}

// What the server refuses is an error with its status and message.
func ExampleError() {
	ctx := context.Background()
	client, end := connect(ctx)
	defer end()
	err := client.Channels.Hangup(ctx, "7", &ari.ChannelHangupOptions{Reason: "busy"})
	var refused *ari.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Message)
	}
	// Output: 404 Channel not found
}

// A type switch tells events apart.
func ExampleSubscription_All() {
	ctx := context.Background()
	client, end := connect(ctx)
	defer end()
	for event, err := range client.Events().All(ctx) {
		if err != nil {
			log.Fatal(err) // ari.ErrOverflow: they were not read in time
		}
		switch e := event.(type) {
		case *ari.StasisStart:
			fmt.Println("comes:", e.Channel.Name)
			if err := client.Channels.ContinueInDialplan(ctx, e.Channel.ID, nil); err != nil {
				log.Fatal(err)
			}
		case *ari.StasisEnd:
			fmt.Println("goes:", e.Channel.Name)
			return
		case *ari.Reconnected:
			fmt.Println("the connection was lost, and what was missed follows")
		case *ari.UnknownEvent:
			fmt.Println(e.Type, string(e.Raw))
		}
	}
	// Output:
	// comes: PJSIP/100-1
	// goes: PJSIP/100-1
}
