package phone

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// details are the fields of each subscription, as AMI lists them.
func (s *subscriptions) details() [][]command.Field {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list [][]command.Field
	for _, sub := range s.list {
		caller := formatCallerID(sub.endpoint.CallerID)
		fields := []command.Field{{Key: "Role", Value: "Notifier"}, {Key: "Endpoint", Value: sub.endpoint.Name}, {Key: "Callid", Value: sub.dialog.CallID},
			{Key: "State", Value: "ACTIVE"}, {Key: "Callerid", Value: choose(caller == "<unknown>", "Unknown", caller)}}
		switch n := sub.root; {
		case n.list != nil:
		case n.exten != "":
			fields = append(fields, command.Field{Key: "SubscriptionType", Value: "extension_state"}, command.Field{Key: "Extension", Value: n.exten},
				command.Field{Key: "ExtensionStates", Value: n.known})
		default:
			fields = append(fields, command.Field{Key: "SubscriptionType", Value: "mwi"}, command.Field{Key: "Mailboxes", Value: strings.Join(n.boxes, ",")})
		}
		list = append(list, fields)
	}
	return list
}

func (d *Driver) actSubscriptions(r *command.ActionRequest) error {
	list := d.subs.details()
	r.ListStart("Following are Events for each inbound Subscription")
	for _, fields := range list {
		r.Event("InboundSubscriptionDetail", fields...)
	}
	r.ListEnd("InboundSubscriptionDetailComplete", len(list))
	return nil
}

// actNoSubscriptions lists those that we have made, which are none.
func actNoSubscriptions(r *command.ActionRequest) error {
	r.ListStart("Following are Events for each outbound Subscription")
	r.ListEnd("OutboundSubscriptionDetailComplete", 0)
	return nil
}

func (d *Driver) actLists(r *command.ActionRequest) error {
	m := d.Model()
	names := sortedKeys(m.Lists)
	if len(names) == 0 {
		return command.Refusal("No resource lists found\n")
	}
	r.ListStart("A listing of resource lists follows, presented as ResourceListDetail events")
	for _, name := range names {
		l := m.Lists[name]
		r.Event("ResourceListDetail", command.Field{Key: "ObjectType", Value: "resource_list"}, command.Field{Key: "ObjectName", Value: l.Name},
			command.Field{Key: "Event", Value: l.Event},
			command.Field{Key: "ResourceDisplayName", Value: strconv.FormatBool(l.Named)},
			command.Field{Key: "NotificationBatchInterval", Value: strconv.Itoa(int(l.Interval / time.Millisecond))},
			command.Field{Key: "ListItem", Value: strings.Join(slices.Clone(l.Items), ",")}, command.Field{Key: "FullState", Value: strconv.FormatBool(l.FullState)})
	}
	r.ListEnd("ResourceListDetailComplete", len(names))
	return nil
}
