package rest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/wsclient"
)

// persistent serves a program to which the exchange opens a WebSocket that is to be open for ever: whom admit lets in comes
// out of accepted. query is that of its URI, options are lines of websocket_client.conf.
func persistent(t *testing.T, query, options string, admit func(w http.ResponseWriter, r *http.Request) bool) (book *wsclient.Book, accepted <-chan *websocket.Conn) {
	t.Helper()
	conns := make(chan *websocket.Conn, 3)
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !admit(w, r) {
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"ari"}})
		if err == nil {
			conns <- conn
			<-r.Context().Done()
		}
	}))
	t.Cleanup(far.Close)
	f, err := config.Parse("websocket_client.conf", []byte("[one]\ntype=websocket_client\nuri=ws"+strings.TrimPrefix(far.URL, "http")+
		"/ari"+query+"\nprotocols=ari\nconnection_type=persistent\nreconnect_interval=1\n"+options), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, problems := wsclient.Load(f)
	if len(list) != 1 || len(problems) != 0 {
		t.Fatalf("it was read as %v with %v", list, problems)
	}
	book = &wsclient.Book{}
	book.Set(list)
	return book, conns
}

// A WebSocket that is to be open for ever is opened again when it is closed, and its applications
// hear when they are registered and when that is over.
func TestPersistentWebSocketIsOpenedAgain(t *testing.T) {
	book, accepted := persistent(t, "", "username=me\npassword=secret\n", func(w http.ResponseWriter, r *http.Request) bool {
		user, password, _ := r.BasicAuth()
		known := user == "me" && password == "secret"
		if !known {
			http.Error(w, "who", http.StatusUnauthorized)
		}
		return known
	})
	log := slog.New(slog.DiscardHandler)
	hub := stasis.New(stasis.Config{Bus: event.NewBus(), Logger: log, Entity: "x"})
	s := New(Config{Hub: hub, Logger: log, Prefix: func() string { return "" }, Clients: book})
	defer s.Close()
	s.Configure(&Settings{WriteTimeout: time.Second, Users: map[string]*User{"who": {ReadOnly: true}},
		Outbound: []Outbound{{Name: "out", Client: "one", Apps: []string{"app"}, User: "who"}}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	next := func(conn *websocket.Conn, want string) {
		t.Helper()
		if _, b, err := conn.Read(ctx); err != nil || !strings.Contains(string(b), want) {
			t.Fatalf("it says %s, %v; want %s", b, err, want)
		}
	}
	first := <-accepted
	next(first, `"type":"ApplicationRegistered"`)
	_ = first.CloseNow()
	second := <-accepted
	next(second, `"application":"app"`)
	if err := second.Write(ctx, websocket.MessageText, []byte(`{"type":"RESTRequest","method":"DELETE","uri":"channels/x"}`)); err != nil {
		t.Fatal(err)
	}
	next(second, `"status_code":403`)
	s.Shutdown()
	next(second, `"type":"ApplicationUnregistered"`)
	if _, _, err := second.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("it ends with %v", err)
	}
}

// An application behind a WebSocket that the exchange opens can ask, in the query of the URI, that nothing is lost: it
// says in its answer what it has, and is told first what came since.
func TestOutboundWebSocketResumes(t *testing.T) {
	since := make(chan string, 3)
	book, accepted := persistent(t, "?sequence=true&share=yes", "", func(w http.ResponseWriter, _ *http.Request) bool {
		if place := <-since; place != "" {
			w.Header().Set(resumedHeader, place)
		}
		return true
	})
	log := slog.New(slog.DiscardHandler)
	hub := stasis.New(stasis.Config{Bus: event.NewBus(), Logger: log, Entity: "x", Keeping: stasis.Keeping{Bytes: 1 << 20, Time: time.Minute}})
	s := New(Config{Hub: hub, Logger: log, Prefix: func() string { return "" }, Clients: book})
	defer s.Close()
	since <- ""
	s.Configure(&Settings{WriteTimeout: time.Second, Outbound: []Outbound{{Name: "out", Client: "one", Apps: []string{"app"}}}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	next := func(conn *websocket.Conn, want string) (place string) {
		t.Helper()
		_, b, err := conn.Read(ctx)
		var told struct{ Sequence string }
		if err != nil || !strings.Contains(string(b), want) || json.Unmarshal(b, &told) != nil || told.Sequence == "" {
			t.Fatalf("it says %s, %v; want %s and its place", b, err, want)
		}
		return told.Sequence
	}
	first := <-accepted
	next(first, `"type":"ApplicationRegistered"`)
	tell := func(name string) {
		t.Helper()
		if err := hub.UserEvent("app", name, nil, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	tell("before")
	place := next(first, `"eventname":"before"`)
	tell("unread")
	_ = first.CloseNow()
	since <- place
	second := <-accepted
	next(second, `"eventname":"unread"`)
	tell("after")
	next(second, `"eventname":"after"`)
	_ = second.CloseNow()
	since <- "another-1"
	third := <-accepted
	if _, _, err := third.Read(ctx); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("a place that is not known ends with %v", err)
	}
	close(since)
}
