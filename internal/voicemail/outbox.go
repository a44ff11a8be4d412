package voicemail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// An Outbox keeps mails on disk until the server of SMTP has taken them. A mail that is
// refused, or that nobody takes for mailLife, stays in the folder as NAME.refused.
//
// Run is its goroutine; add may be called by any other.
type Outbox struct {
	Dir    string
	Logger *slog.Logger

	mu     sync.Mutex // not held while anything is sent
	once   sync.Once
	mails  []*outgoing
	size   int64
	number int
	wake   chan struct{}
}

// An outgoing mail waits. The file has the envelope in its first line, then the mail.
type outgoing struct {
	name string
	size int64
	next time.Time
	wait time.Duration
}

type envelope struct {
	Since time.Time
	From  string
	To    []string
}

// Of an outbox.
const (
	mailsLimit = 512 << 20 // bytes that may wait
	mailLife   = 5 * 24 * time.Hour
	firstWait  = 15 * time.Second
	longWait   = 30 * time.Minute
	mailSuffix = ".mail"
)

var errOutboxFull = errors.New("too many mails wait already")

// load finds what an earlier run has left.
func (b *Outbox) load() {
	b.once.Do(func() {
		b.wake = make(chan struct{}, 1)
		list, _ := os.ReadDir(b.Dir) // none is none
		for _, e := range list {
			if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), mailSuffix) {
				b.mails = append(b.mails, &outgoing{name: e.Name(), size: info.Size()})
				b.size += info.Size()
			}
		}
	})
}

// add keeps a mail, whose sending it leaves to Run.
func (b *Outbox) add(from string, to []string, text []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.load()
	now := time.Now()
	head, err := json.Marshal(envelope{now, from, to})
	if err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	data := append(append(head, '\n'), text...)
	if b.size+int64(len(data)) > mailsLimit {
		return errOutboxFull
	}
	if err := os.MkdirAll(b.Dir, 0o750); err != nil {
		return fmt.Errorf("keep a mail: %w", err)
	}
	b.number++
	name := fmt.Sprintf("%d-%d%s", now.UnixNano(), b.number, mailSuffix)
	half := filepath.Join(b.Dir, name+".new")
	if err = os.WriteFile(half, data, 0o640); err == nil {
		err = os.Rename(half, filepath.Join(b.Dir, name))
	}
	if err != nil {
		_ = os.Remove(half)
		return fmt.Errorf("keep a mail: %w", err)
	}
	b.mails = append(b.mails, &outgoing{name: name, size: int64(len(data)), next: now})
	b.size += int64(len(data))
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return nil
}

// due returns the first mail that is to be tried now, or when that will be.
func (b *Outbox) due(now time.Time) (m *outgoing, in time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.load()
	in = longWait
	for _, one := range b.mails {
		left := one.next.Sub(now)
		if left <= 0 {
			return one, 0
		}
		in = min(in, left)
	}
	return nil, in
}

// Run sends what waits until ctx ends. server returns the one in force; while it is nil
// mails stay.
func (b *Outbox) Run(ctx context.Context, server func() *SMTP) {
	b.mu.Lock()
	b.load()
	b.mu.Unlock()
	for ctx.Err() == nil {
		m, in := b.due(time.Now())
		to := server()
		if m == nil || to == nil {
			timer := time.NewTimer(max(in, time.Second))
			select {
			case <-ctx.Done():
			case <-b.wake:
			case <-timer.C:
			}
			timer.Stop()
			continue
		}
		b.try(ctx, to, m)
	}
}

// try sends one mail, or says when it is to be tried again.
func (b *Outbox) try(ctx context.Context, to *SMTP, m *outgoing) {
	path := filepath.Join(b.Dir, m.name)
	var e envelope
	data, err := os.ReadFile(path)
	head, text, ok := bytes.Cut(data, []byte("\n"))
	if err == nil && (!ok || json.Unmarshal(head, &e) != nil) {
		err = &refusedMail{errors.New("the file is damaged")}
	}
	if errors.Is(err, os.ErrNotExist) { // somebody has removed it
		b.forget(m)
		return
	}
	if err == nil {
		err = to.send(ctx, e.From, e.To, text)
	}
	var refused *refusedMail
	switch late := !e.Since.IsZero() && time.Since(e.Since) > mailLife; {
	case err == nil:
		if err := os.Remove(path); err != nil {
			b.Logger.Error("a mail that was sent stays, and may be sent again", "file", path, "error", err)
		}
		b.forget(m)
	case ctx.Err() != nil: // the next start sends it
	case errors.As(err, &refused) || late:
		b.Logger.Error("a mail can't be sent and is put aside", "file", path+".refused", "to", e.To, "error", err)
		_ = os.Rename(path, path+".refused")
		b.forget(m)
	default:
		b.mu.Lock()
		m.wait = min(max(2*m.wait, firstWait), longWait)
		m.next = time.Now().Add(m.wait)
		b.mu.Unlock()
		b.Logger.Warn("a mail was not sent and is kept", "file", path, "again", m.wait, "error", err)
	}
}

func (b *Outbox) forget(m *outgoing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, one := range b.mails {
		if one == m {
			b.mails = append(b.mails[:i], b.mails[i+1:]...)
			b.size -= m.size
			return
		}
	}
}

// Waiting returns how many mails wait.
func (b *Outbox) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.mails)
}
