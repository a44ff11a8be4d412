package callrecord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/octothorpe/octothorpe/internal/config"
)

// NATS are the options of cdr_nats.conf and cel_nats.conf, which are our own.
type NATS struct {
	URL, Subject          string
	User, Password, Token string
	Credentials           string // path of a .creds file
	JetStream             bool   // a stream keeps what is sent, and says so
	Timeout               time.Duration
	ShowOwn               bool
}

// LoadNATS reads one of the two files; nil is a missing one, or one that is wrong.
// subject is where rows go when nobody says.
func LoadNATS(f *config.File, subject string) (*NATS, []config.Diagnostic) {
	section := f.Merged("general")
	if section == nil {
		return nil, nil
	}
	r := config.NewReader(f)
	s := r.Section(section)
	g := &NATS{URL: s.String("url", nats.DefaultURL), Subject: s.String("subject", subject), User: s.String("username", ""),
		Password: s.String("password", ""), Token: s.String("token", ""), Credentials: s.String("credentials", ""), JetStream: s.Bool("jetstream", true),
		Timeout: s.Duration("timeout", time.Second, 5*time.Second, time.Second, 5*time.Minute), ShowOwn: s.Bool("show_user_defined", false)}
	s.Done()
	if strings.ContainsAny(g.Subject, " \t*>") || g.Subject == "" {
		e, _ := section.Entry("subject")
		r.Report(config.Error, e, "", "%q is no subject to send to: nothing is sent", g.Subject)
		return nil, r.Diagnostics()
	}
	return g, r.Diagnostics()
}

// natsTarget publishes rows as JSON. With JetStream a row has arrived when the stream
// has it; its identity goes along, so that the stream drops one that comes twice.
type natsTarget struct {
	options NATS
	conn    *nats.Conn // of the courier's goroutine
	stream  nats.JetStreamContext
}

func newNATSTarget(g NATS) *natsTarget { return &natsTarget{options: g} }

func (t *natsTarget) row(e entry) ([]byte, error) {
	if e.record != nil {
		return json.Marshal(e.record.told().flat())
	}
	return json.Marshal(e.event.told(t.options.ShowOwn).flat())
}

func (t *natsTarget) close() {
	if t.conn != nil {
		t.conn.Close()
	}
}

func (t *natsTarget) connect() error {
	if t.conn != nil && !t.conn.IsClosed() {
		return nil
	}
	o := []nats.Option{nats.Name("octothorpe call records"), nats.Timeout(t.options.Timeout), nats.NoReconnect()}
	switch {
	case t.options.Credentials != "":
		o = append(o, nats.UserCredentials(t.options.Credentials))
	case t.options.Token != "":
		o = append(o, nats.Token(t.options.Token))
	case t.options.User != "":
		o = append(o, nats.UserInfo(t.options.User, t.options.Password))
	}
	conn, err := nats.Connect(t.options.URL, o...)
	if err != nil {
		return fmt.Errorf("connect to NATS at %s: %w", t.options.URL, err)
	}
	if t.stream, err = conn.JetStream(nats.MaxWait(t.options.Timeout)); err != nil {
		conn.Close()
		return fmt.Errorf("connect to NATS at %s: %w", t.options.URL, err)
	}
	t.conn = conn
	return nil
}

func (t *natsTarget) deliver(ctx context.Context, rows [][]byte) (int, error) {
	if err := t.connect(); err != nil {
		return 0, err
	}
	if t.options.JetStream {
		for i, row := range rows {
			m := &nats.Msg{Subject: t.options.Subject, Data: row}
			if _, err := t.stream.PublishMsg(m, nats.MsgId(identity(row)), nats.Context(ctx)); err != nil {
				return i, t.failed(err)
			}
		}
		return len(rows), nil
	}
	return t.publish(ctx, rows)
}

// publish sends rows of which the server says only that it has read them. Those before one that
// it does not take have arrived.
func (t *natsTarget) publish(ctx context.Context, rows [][]byte) (int, error) {
	n, failed := 0, error(nil)
	for n < len(rows) && failed == nil {
		if failed = t.conn.Publish(t.options.Subject, rows[n]); failed == nil {
			n++
		}
	}
	if err := t.conn.FlushWithContext(ctx); err != nil {
		return 0, t.failed(err)
	}
	if failed != nil {
		return n, t.failed(failed)
	}
	return n, nil
}

// failed is why a row has not arrived. One that is too long never will.
func (t *natsTarget) failed(err error) error {
	err = fmt.Errorf("publish a record at %s: %w", t.options.Subject, err)
	if errors.Is(err, nats.ErrMaxPayload) {
		return &refusal{err}
	}
	return err
}

// identity tells a row from all others: a record by its channel and number, an event
// by what it says.
func identity(row []byte) string {
	var v struct {
		Record   string `json:"record"`
		ID       string `json:"uniqueid"`
		Sequence *int   `json:"sequence"`
		Time     string `json:"eventtime"`
		Type     string `json:"eventtype"`
		Name     string `json:"channame"`
		Extra    string `json:"extra"`
	}
	if json.Unmarshal(row, &v) != nil {
		return ""
	}
	if v.Sequence != nil {
		return fmt.Sprintf("cdr/%s/%d", v.ID, *v.Sequence)
	}
	return strings.Join([]string{v.Record, v.ID, v.Time, v.Type, v.Name, v.Extra}, "/")
}
