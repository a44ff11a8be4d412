package ari

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"
)

// An exchange opens a WebSocket for a call, and is asked over it.
func TestServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := newPipes()
		result := make(chan error, 1)
		s := &Server{Username: "pbx", Password: "secret", Handler: func(ctx context.Context, c *Client) {
			result <- c.Serve(ctx, func(ctx context.Context, call *ChannelHandle, _ *StasisStart) error {
				if err := call.Answer(ctx); err != nil {
					return err
				}
				_, err := c.Recordings.GetStoredFile(ctx, "x")
				if !errors.Is(err, ErrNoHTTP) {
					t.Error(err)
				}
				same(t, c.Apps(), "app")
				return call.WaitLeft(ctx)
			})
		}}
		server := &http.Server{Handler: s}
		served := make(chan error)
		go func() { served <- server.Serve(pipes) }()
		client := &http.Client{Transport: &http.Transport{DialContext: pipes.dial}}
		dial := func(password string) (*websocket.Conn, error) {
			conn, _, err := websocket.Dial(t.Context(), "http://here/pbx", &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"ari"},
				HTTPHeader: http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("pbx:"+password))}}})
			return conn, err
		}
		if _, err := dial("wrong"); err == nil {
			t.Error("a wrong password is taken")
		}
		conn, err := dial("secret")
		if err != nil {
			t.Fatal(err)
		}
		if conn.Subprotocol() != "ari" {
			t.Errorf("the protocol is %q", conn.Subprotocol())
		}
		for _, e := range []string{`{"type":"ApplicationRegistered","application":"app"}`, started("7", "Ring")} {
			if err := conn.Write(t.Context(), websocket.MessageText, []byte(e)); err != nil {
				t.Fatal(err)
			}
		}
		_, b, err := conn.Read(t.Context())
		var r RESTRequest
		if err := errors.Join(err, json.Unmarshal(b, &r)); err != nil || r.Method != "POST" || r.URI != "channels/7/answer" {
			t.Errorf("the exchange is asked %s, %v", b, err)
		}
		answer := `{"type":"RESTResponse","request_id":"` + r.RequestID + `","status_code":204}`
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(answer)); err != nil {
			t.Fatal(err)
		}
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(destroyed("7"))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_ = conn.Close(websocket.StatusNormalClosure, "")
		if err := <-result; err == nil {
			t.Error("the handler does not hear of the end")
		}
		if conn, err = dial("secret"); err != nil {
			t.Fatal(err)
		}
		s.Close()
		<-result
		if _, err = dial("secret"); err == nil {
			t.Error("it serves when it is closed")
		}
		_ = conn.CloseNow()
		_ = server.Close()
		<-served
	})
}
