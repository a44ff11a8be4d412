package queue

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/store"
)

// persistFamily is where AstDB keeps the members that were added, by queue.
const persistFamily = "Queue/PersistentMembers"

// persist keeps the members of a queue that were added, if they are to come back.
func (q *Queue) persist() {
	h := q.house
	if !h.settings().persistent || h.Database == nil {
		return
	}
	var list []string
	q.mu.Lock()
	for _, m := range q.members {
		if m.dynamic {
			list = append(list, fmt.Sprintf("%s;%d;%s;%s;%s;%s;%d", m.iface, m.penalty, flag(m.paused), m.name, m.device, m.reason, int(m.wrapup/seconds)))
		}
	}
	q.mu.Unlock()
	var err error
	if len(list) == 0 {
		_, err = h.Database.Del(persistFamily, q.name)
	} else {
		err = h.Database.Put(persistFamily, q.name, strings.Join(list, "|"))
	}
	if err != nil {
		h.Logger.Warn("members of a queue are not kept", "queue", q.name, "error", err)
	}
}

// Restore brings the members back that were added before the exchange ended.
func (h *House) Restore() {
	if !h.settings().persistent {
		return
	}
	kept := map[string]string{}
	h.Database.Walk(persistFamily, func(e store.Entry) bool {
		kept[strings.TrimPrefix(e.Key, "/"+persistFamily+"/")] = e.Value
		return true
	})
	for name, text := range kept {
		q := h.Find(name)
		if q == nil {
			h.Logger.Info("the members of a queue that is gone are forgotten", "queue", name)
			_, _ = h.Database.Del(persistFamily, name)
			continue
		}
		for _, one := range strings.Split(text, "|") {
			part := append(strings.Split(one, ";"), make([]string, 7)...)
			if part[0] == "" {
				continue
			}
			penalty, _ := strconv.Atoi(part[1])
			wrapup, _ := strconv.Atoi(part[6])
			q.Add(NewMember{Interface: part[0], Penalty: penalty, Paused: part[2] == "1", Name: part[3], StateInterface: part[4],
				Reason: part[5], Wrapup: time.Duration(wrapup) * seconds}, "")
		}
	}
}
