package phone

import (
	"fmt"
	"slices"
	"time"
)

// A ResourceList is pjsip.conf's type=resource_list: a name to subscribe to that
// stands for many (RFC 4662).
type ResourceList struct {
	Name      string
	Event     string // "presence", "dialog" or "message-summary"
	Items     []string
	FullState bool          // tell everything each time
	Named     bool          // resource_display_name
	Interval  time.Duration // that changes are gathered, 0 tells each at once

}

func resourceListOptions() *optionTable[ResourceList] {
	type l = ResourceList
	return newOptionTable(
		option[l]{name: "event", set: func(v *l, s string) error {
			if bodyTypes(s) == nil {
				return fmt.Errorf("%q is no event of lists", s)
			}
			v.Event = s
			return nil
		}, show: func(v *l) string { return v.Event }},
		option[l]{name: "list_item", set: func(v *l, s string) error {
			for _, item := range splitList(s) {
				if !slices.Contains(v.Items, item) {
					v.Items = append(slices.Clone(v.Items), item)
				}
			}
			return nil
		}},
		boolean("full_state", func(v *l) *bool { return &v.FullState }, "no"),
		milliseconds("notification_batch_interval", func(v *l) *time.Duration { return &v.Interval }, "0"),
		boolean("resource_display_name", func(v *l) *bool { return &v.Named }, "no"),
	)
}

// list returns the list that a name stands for in an event package, or nil.
func (m *Model) list(event, name string) *ResourceList {
	if l := m.Lists[name]; l != nil && l.Event == event {
		return l
	}
	return nil
}
