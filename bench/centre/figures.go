package main

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// figures are what the queues say of themselves at the end, by AMI's QueueStatus.
type figures struct {
	waiting, completed, abandoned, busy int
	taken                               map[string]int // calls by agent
}

// ask asks the exchange for them.
func (f *figures) ask(x *server) error {
	c, err := net.Dial("tcp", x.manager)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := fmt.Fprint(c, "Action: Login\r\nUsername: centre\r\nSecret: centre\r\n\r\nAction: QueueStatus\r\n\r\n"); err != nil {
		return err
	}
	f.taken = map[string]int{}
	fields := map[string]string{}
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ": "); ok {
			fields[key] = value
			continue
		}
		count := func(key string) int { n, _ := strconv.Atoi(fields[key]); return n }
		switch fields["Event"] {
		case "QueueParams":
			f.waiting += count("Calls")
			f.completed += count("Completed")
			f.abandoned += count("Abandoned")
		case "QueueMember":
			f.taken[strings.TrimPrefix(fields["Location"], "PJSIP/")] += count("CallsTaken")
			f.busy += count("InCall")
		case "QueueStatusComplete":
			return nil
		}
		clear(fields)
	}
	return fmt.Errorf("QueueStatus has no end")
}

// compare compares them with queue_log.
func (f *figures) compare(have *records) (wrong []error) {
	completed, abandoned, taken := 0, 0, map[string]int{}
	for _, q := range have.queued {
		for _, line := range q.lines {
			switch line.event {
			case "COMPLETEAGENT", "COMPLETECALLER":
				completed++
				taken[line.agent]++
			case "ABANDON", "EXITWITHTIMEOUT":
				abandoned++
			}
		}
	}
	if f.waiting != 0 || f.busy != 0 {
		wrong = append(wrong, fmt.Errorf("QueueStatus: %d still wait, %d agents still talk", f.waiting, f.busy))
	}
	if f.completed != completed || f.abandoned != abandoned {
		wrong = append(wrong, fmt.Errorf("QueueStatus has %d completed and %d abandoned, queue_log %d and %d", f.completed, f.abandoned, completed, abandoned))
	}
	for agent, n := range f.taken {
		if taken[agent] != n {
			wrong = append(wrong, fmt.Errorf("QueueStatus: %s took %d calls, %d in queue_log", agent, n, taken[agent]))
		}
	}
	return wrong
}
