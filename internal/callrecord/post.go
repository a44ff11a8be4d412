package callrecord

import (
	"context"
	"errors"
	"log/slog"
)

// ErrRefused says of a row that it will never be taken, for what is in it.
var ErrRefused = errors.New("the row is refused")

// A Post keeps rows of another part of the exchange on disk until somebody has taken
// them, in order, as call records are kept. Its goroutine ends with Close.
type Post struct{ courier *courier }

// OpenPost begins with what an earlier run has left in dir, where at most limit bytes
// wait. carry takes one row; an error that wraps ErrRefused has it put aside, after any
// other it is tried again. title is its name in the log and in metrics.
func OpenPost(title, dir string, limit int64, carry func(ctx context.Context, row []byte) error, logger *slog.Logger) (*Post, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	c, err := newCourier(title, 'q', postTarget(carry), dir, limit, logger)
	if err != nil {
		return nil, err
	}
	return &Post{c}, nil
}

// Add puts rows on disk and waits for nobody else. What there is no room for is lost,
// which is counted. A row has no line feed.
func (p *Post) Add(rows [][]byte) error { return p.courier.keep(rows) }

// Delivery tells how it is doing.
func (p *Post) Delivery() Delivery { return p.courier.delivery() }

// Close delivers what waits as long as it is taken and ctx lasts. The rest stays on disk
// for the next start.
func (p *Post) Close(ctx context.Context) { p.courier.close(ctx) }

// postTarget is where a Post's rows go.
type postTarget func(ctx context.Context, row []byte) error

func (t postTarget) row(entry) ([]byte, error) { return nil, nil } // its rows are made elsewhere

func (t postTarget) close() {}

func (t postTarget) deliver(ctx context.Context, rows [][]byte) (int, error) {
	for i, row := range rows {
		if err := t(ctx, row); err != nil {
			if errors.Is(err, ErrRefused) {
				err = &refusal{err}
			}
			return i, err
		}
	}
	return len(rows), nil
}
