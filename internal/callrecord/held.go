package callrecord

import (
	"encoding/json"
	"fmt"
	"time"
)

// A held is a spool of records that wait in memory for their batch, so that the end of
// the process does not lose them. It is the writer's goroutine's own.
type held struct{ *spool }

// heldFolder is where they are, among the folders of the backends.
const heldFolder = "batch"

// keptRecord is a record as it is on disk.
type keptRecord struct {
	Record
	Length, SinceAnswer time.Duration
}

// keep writes a record that waits for its batch.
func (h held) keep(v *Record) error {
	row, err := json.Marshal(keptRecord{*v, v.duration, v.sinceAnswer})
	if err != nil {
		return fmt.Errorf("keep a record: %w", err)
	}
	if _, err = h.add([][]byte{row}); err != nil {
		return err
	}
	return h.inMemory()
}

// release forgets the oldest n records, which are written.
func (h held) release(n int) error {
	for n > 0 {
		l, err := h.next(n)
		if err != nil || len(l.rows) == 0 {
			return err
		}
		if err := h.delivered(l, len(l.rows)); err != nil {
			return err
		}
		n -= len(l.rows)
	}
	return nil
}

// left are the records that an earlier run held when it ended.
func (h held) left() ([]*Record, error) {
	rows, _, _ := h.waiting()
	if rows == 0 {
		return nil, nil
	}
	l, err := h.next(rows)
	if err != nil {
		return nil, err
	}
	list := make([]*Record, 0, len(l.rows))
	for _, row := range l.rows {
		var k keptRecord
		if err := json.Unmarshal(row, &k); err != nil {
			return list, fmt.Errorf("read a record: %w", err)
		}
		k.duration, k.sinceAnswer = k.Length, k.SinceAnswer
		list = append(list, &k.Record)
	}
	return list, nil
}
