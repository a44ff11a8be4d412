package agi

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// TestExamples runs the programs of examples/agi as their users would.
func TestExamples(t *testing.T) {
	exchanges(t, nil, func(t *testing.T, x *exchange) {
		t.Run("menu", func(t *testing.T) { exampleMenu(t, x) })
		t.Run("callername", func(t *testing.T) { exampleCallerName(t, x) })
		t.Run("calllog", func(t *testing.T) { exampleCallLog(t, x) })
		t.Run("recorder", func(t *testing.T) { exampleRecorder(t, x) })
	})
}

// exampleMenu chooses 2, and then 2222 as the extension, of which three digits more are a place in the dialplan.
func exampleMenu(t *testing.T, x *exchange) {
	at := "agi://127.0.0.1:" + x.serve(t, blackbox.Build(t, "examples/agi/menu"), "-listen", "127.0.0.1:PORT") + "/menu"
	compare(t, x.place(t, call{at, "hold", "3"}), map[string]string{"Status": "SUCCESS", "WENT": ""})
	got := x.place(t, call{at, "hold", "2"})
	compare(t, got, map[string]string{"Status": "SUCCESS", "WENT": "2222"})
}

func exampleCallerName(t *testing.T, x *exchange) {
	file := filepath.Join(t.TempDir(), "callers.sqlite3")
	db, err := sqlite3.Open("file:" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec("CREATE TABLE callers (number TEXT PRIMARY KEY, name TEXT NOT NULL); INSERT INTO callers VALUES ('555', 'Ann Ou')"); err != nil {
		t.Fatal(err)
	}
	at := "agi://127.0.0.1:" + x.serve(t, blackbox.Build(t, "examples/agi/callername"), "-listen", "127.0.0.1:PORT", "-db", file)
	compare(t, x.place(t, call{at, "hold", ""}), map[string]string{"Status": "SUCCESS", "NAME": "Ann Ou"})
	if err := db.Exec("DELETE FROM callers"); err != nil {
		t.Fatal(err)
	}
	compare(t, x.place(t, call{at, "hold", ""}), map[string]string{"Status": "SUCCESS", "NAME": "Ann Onymous"})
}

func exampleCallLog(t *testing.T, x *exchange) {
	posted := make(chan map[string]string, 1)
	l := x.listen(t)
	service := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var told map[string]string
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil || r.Method != http.MethodPost {
			http.Error(w, "no call", http.StatusBadRequest)
			return
		}
		posted <- told
	})}
	go func() { _ = service.Serve(l) }()
	at := "agi://127.0.0.1:" + x.serve(t, blackbox.Build(t, "examples/agi/calllog"), "-listen", "127.0.0.1:PORT", "-url", "http://"+l.Addr().String()+"/calls")
	compare(t, x.place(t, call{at, "hold", ""}), map[string]string{"Status": "SUCCESS", "LOGGED": "yes"})
	told := <-posted
	compare(t, told, map[string]string{"caller": "555", "name": "Ann Onymous", "extension": "program"})
	if !strings.HasPrefix(told["channel"], "Local/hold@test-") || told["id"] == "" {
		t.Errorf("the service is told of %v", told)
	}
	_ = service.Close()
	compare(t, x.place(t, call{at, "hold", ""}), map[string]string{"Status": "SUCCESS", "LOGGED": "no"})
}

// exampleRecorder leaves a message twice: one caller keeps it by a key, another hangs up while it records.
func exampleRecorder(t *testing.T, x *exchange) {
	folder := "/tmp/octothorpe-agi-messages"
	if x.name == "octothorpe" {
		folder = t.TempDir()
	}
	inside := filepath.Join(x.root, folder)
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(inside) })
	at := "agi://127.0.0.1:" + x.serve(t, blackbox.Build(t, "examples/agi/recorder"), "-listen", "127.0.0.1:PORT", "-folder", folder)
	size := func(message string) int64 {
		info, err := os.Stat(filepath.Join(x.root, message) + ".wav")
		if err != nil {
			t.Error(err)
			return 0
		}
		return info.Size()
	}
	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	// whenGrown does something to the far half of the call once a message that was not there grows.
	whenGrown := func(known string, do func(far string)) {
		for ctx.Err() == nil {
			time.Sleep(50 * time.Millisecond)
			files, _ := filepath.Glob(inside + "/*.wav")
			for _, f := range files {
				if info, err := os.Stat(f); err != nil || info.Size() < 20_000 || f == known {
					continue
				}
				list, _ := x.List(ctx, ami.Action("CoreShowChannels"))
				for _, m := range list {
					if name := m.Get("Channel"); strings.HasSuffix(name, ";2") {
						do(name)
						return
					}
				}
			}
		}
	}
	go whenGrown("", func(far string) { _, _ = x.Do(ctx, ami.Action("PlayDTMF", "Channel", far, "Digit", "#")) })
	got := x.place(t, call{at, "tone", ""}) // a key ends the message, and none chooses: it is kept
	compare(t, got, map[string]string{"Status": "SUCCESS"})
	if n := size(got["MESSAGE"]); n < 20_000 || !strings.HasPrefix(got["MESSAGE"], folder+"/") {
		t.Errorf("%s has %d bytes", got["MESSAGE"], n)
	}
	go whenGrown(filepath.Join(x.root, got["MESSAGE"])+".wav", func(far string) { _, _ = x.Do(ctx, ami.Action("Hangup", "Channel", far)) })
	events := x.Subscribe(ami.SubscribeOptions{Events: []string{"Hangup"}})
	defer events.Close()
	if _, err := x.Do(ctx, ami.Action("Originate", "Channel", "Local/tone@test", "Context", "test", "Exten", "program", "Priority", "1",
		"ChannelId", "recorded", "OtherChannelId", "recorded-far", "Variable", "PROGRAM="+at, "Async", "true")); err != nil {
		t.Fatal(err)
	}
	for halves := 0; halves < 2; {
		m, err := events.Next(ctx)
		if err != nil {
			t.Fatalf("the call does not end: %v", err)
		}
		if strings.HasPrefix(m.Get("Uniqueid"), "recorded") {
			halves++
		}
	}
	files, _ := filepath.Glob(inside + "/*.wav")
	if len(files) != 2 {
		t.Errorf("the messages are %v", files)
	}
}
