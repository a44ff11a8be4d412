package queue

import "strings"

// waiter returns the caller of a queue by the name of its channel or its unique ID. q.mu is held.
func (q *Queue) waiter(name string) *entry {
	for _, e := range q.entries {
		if e.c.UniqueID() == name || strings.EqualFold(e.c.Name(), name) {
			return e
		}
	}
	return nil
}

// prioritize gives a caller another priority, and with at once the place that it
// means; else only those who come later stand behind it. It reports whether there is
// such a caller.
func (q *Queue) prioritize(name string, priority int, atOnce bool) bool {
	q.mu.Lock()
	e := q.waiter(name)
	if e == nil {
		q.mu.Unlock()
		return false
	}
	e.priority = priority
	q.unsorted = q.unsorted || !atOnce
	if atOnce {
		at := q.position(e) - 1
		q.entries = append(q.entries[:at], q.entries[at+1:]...)
		if e.bounded() {
			q.bounded--
		}
		q.insert(e, 0)
	}
	q.mu.Unlock()
	if atOnce {
		q.kick()
	}
	return true
}

// withdraw takes a caller out of the queue. It reports whether there is such a caller,
// and whether it was asked for already.
func (q *Queue) withdraw(name, why string) (there, already bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.waiter(name)
	switch {
	case e == nil:
		return false, false
	case e.withdrawn != nil:
		return true, true
	}
	e.withdrawn = &why
	e.poke()
	return true, false
}
