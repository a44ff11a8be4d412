package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// ask sends the block as an action with an ActionID of its own, the action's name and
// a number, and waits for the whole of its answer: a list to its end.
func (p *Player) ask(lines []string) error {
	_, name, _ := strings.Cut(lines[0], ":")
	p.asked++
	id := fmt.Sprintf("%s-%d", strings.ToLower(strings.TrimSpace(name)), p.asked)
	if err := p.send(append([]string{lines[0], "ActionID: " + id}, lines[1:]...)); err != nil {
		return err
	}
	answer, err := p.await([]string{"ActionID=" + id, "Response=*"})
	if err != nil || answer.get("EventList") != "start" {
		return err
	}
	_, err = p.await([]string{"ActionID=" + id, "EventList=Complete"})
	return err
}

// heard is {Key} in an action: the value that the key had last in what was received, as
// ids are not known before.
var heard = regexp.MustCompile(`\{(\w+)\}`)

// filled puts what was received into the lines of an action.
func (p *Player) filled(lines []string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return heard.ReplaceAllStringFunc(strings.Join(lines, "\r\n"), func(word string) string {
		for i := len(p.messages) - 1; i >= 0; i-- {
			if value := p.messages[i].get(strings.Trim(word, "{}")); value != "" {
				return value
			}
		}
		return word
	})
}

// await waits for a message that matches and counts for no other step.
func (p *Player) await(conditions []string) (*Message, error) {
	deadline := time.NewTimer(stepTimeout)
	defer deadline.Stop()
	for next := 0; ; {
		p.mu.Lock()
		for ; next < len(p.messages); next++ {
			if message := p.messages[next]; !p.counted[message] && message.matches(conditions) {
				p.counted[message] = true
				p.mu.Unlock()
				return message, nil
			}
		}
		p.mu.Unlock()
		select {
		case <-p.arrived:
		case <-deadline.C:
			return nil, fmt.Errorf("no message with %s within %s", strings.Join(conditions, " "), stepTimeout)
		}
	}
}
