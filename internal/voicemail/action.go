package voicemail

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/command"
)

func extension(path string) string { return filepath.Ext(path) }

// Actions returns the manager actions.
func (h *House) Actions() []command.Action {
	one := func(name, synopsis string, class command.Class, run func(*command.ActionRequest) error) command.Action {
		return command.Action{Row: row(name, synopsis, ""), Privilege: class, Run: func(_ context.Context, r *command.ActionRequest) error { return run(r) }}
	}
	const reports, changes = command.Call | command.Reporting, command.UserClass
	return []command.Action{
		one("VoicemailUsersList", "List all mailboxes", reports, h.actUsers),
		one("VoicemailUserStatus", "Show a mailbox", reports, h.actUser),
		one("VoicemailBoxSummary", "List the messages of a mailbox", reports, h.actSummary),
		one("VoicemailRefresh", "Count the messages of mailboxes again", changes, h.actRefresh),
		one("VoicemailMove", "Move a message to another folder", reports, h.actMove),
		one("VoicemailRemove", "Remove a message", reports, h.actRemove),
		one("VoicemailForward", "Copy a message to another mailbox", reports, h.actForward),
	}
}

func (h *House) actUsers(r *command.ActionRequest) error {
	n := 0
	all := h.settings().mailboxes
	if len(all) == 0 {
		r.Reply("Success", "There are no voicemail users currently defined.")
		return nil
	}
	r.ListStart("Voicemail user list will follow")
	for _, m := range all {
		if m.Alias == "" {
			n++
			r.Event("VoicemailUserEntry", h.fields(m)...)
		}
	}
	r.ListEnd("VoicemailUserEntryComplete", n)
	return nil
}

func (h *House) actUser(r *command.ActionRequest) error {
	context, number := r.Get("Context"), r.Get("Mailbox")
	if context == "" || number == "" {
		return command.Refusal("Need 'Context' and 'Mailbox' parameters.")
	}
	m := h.find(number, context)
	if m == nil {
		r.Reply("Success", "There is no voicemail user of the given info.")
		return nil
	}
	r.ListStart("Voicemail user detail will follow")
	r.Event("VoicemailUserDetail", h.fields(m)...)
	r.ListEnd("VoicemailUserDetailComplete", 1)
	return nil
}

// fields are those of a mailbox's entry.
func (h *House) fields(m *Mailbox) []command.Field {
	o := &m.options
	word := func(yes bool) string { return map[bool]string{true: "Yes", false: "No"}[yes] }
	counts := h.counts(m)
	var out []command.Field
	for _, f := range [][2]string{{"VMContext", m.Context}, {"VoiceMailbox", m.Number}, {"Fullname", m.FullName}, {"Email", orElse(m.Email, "(null)")},
		{"Pager", m.Pager}, {"ServerEmail", o.serverEmail}, {"FromString", o.fromString}, {"MailCommand", o.mailCommand}, {"Language", o.language},
		{"TimeZone", o.zone}, {"Callback", o.callback}, {"Dialout", o.dialOut}, {"UniqueID", ""}, {"ExitContext", o.exitContext},
		{"SayDurationMinimum", strconv.Itoa(o.minDuration)}, {"SayEnvelope", word(o.envelope)}, {"SayCID", word(o.sayCID)},
		{"AttachMessage", word(o.attach == "yes")}, {"AttachmentFormat", o.attachFormat}, {"DeleteMessage", word(o.delete)}, {"VolumeGain", fmt.Sprintf("%.2f", o.gain)},
		{"CanReview", word(o.review)}, {"CanMarkUrgent", word(o.leaveUrgent)}, {"CallOperator", word(o.operator)}, {"MaxMessageCount", strconv.Itoa(o.maxMessages)},
		{"MaxMessageLength", strconv.Itoa(o.maxMessage)}, {"NewMessageCount", strconv.Itoa(counts.New)}, {"OldMessageCount", strconv.Itoa(counts.Old)}} {
		out = append(out, command.Field{Key: f[0], Value: f[1]})
	}
	return out
}

func (h *House) actSummary(r *command.ActionRequest) error {
	context, number := r.Get("Context"), r.Get("Mailbox")
	if context == "" || number == "" {
		return command.Refusal("Need 'Context' and 'Mailbox' parameters.")
	}
	m := h.find(number, context)
	if m == nil {
		r.Reply("Success", "There is no voicemail user matching the given user.")
		return nil
	}
	r.ListStart("Voicemail box detail will follow")
	n := 0
	for _, folder := range folders {
		for _, msg := range h.messages(m, folder) {
			n++
			r.Event("VoicemailBoxDetail", command.Field{Key: "Folder", Value: folder}, command.Field{Key: "CallerID", Value: msg.callerID},
				command.Field{Key: "Date", Value: msg.time.Format(originDate)}, command.Field{Key: "Duration", Value: strconv.Itoa(msg.duration)},
				command.Field{Key: "Flag", Value: msg.flag}, command.Field{Key: "ID", Value: msg.id})
		}
	}
	r.ListEnd("VoicemailBoxDetailComplete", n)
	return nil
}

func (h *House) actRefresh(r *command.ActionRequest) error {
	context, number := r.Get("Context"), r.Get("Mailbox")
	for _, m := range h.settings().mailboxes {
		if m.Alias == "" && (context == "" || m.Context == context) && (number == "" || m.Number == number) {
			h.refresh(m)
		}
	}
	r.Reply("Success", "Refresh sent")
	return nil
}

// required reads the parameters that an action needs, in the order in which they are missed.
func required(r *command.ActionRequest, keys ...string) ([]string, error) {
	var out []string
	for _, key := range keys {
		if r.Get(key) == "" {
			return nil, command.Refusal(key + " not specified, required")
		}
		out = append(out, r.Get(key))
	}
	return out, nil
}

// outcome answers as the reference does: what is asked for well and fails is a success, too.
func (h *House) outcome(r *command.ActionRequest, what string, err error) error {
	text := "Message " + what + " successful"
	if err != nil {
		h.Logger.Warn("an action on a message failed", "error", err)
		text = "Message " + what + " failed"
	}
	r.Reply("Success", text+"\n") // an empty line follows
	return nil
}

func (h *House) actMove(r *command.ActionRequest) error {
	p, err := required(r, "Mailbox", "Context", "Folder", "ID", "ToFolder")
	if err != nil {
		return err
	}
	return h.outcome(r, "move", h.transfer(address{p[0], p[1], p[2], p[3]}, p[4]))
}

func (h *House) actRemove(r *command.ActionRequest) error {
	p, err := required(r, "Mailbox", "Context", "Folder", "ID")
	if err != nil {
		return err
	}
	return h.outcome(r, "remove", h.drop(address{p[0], p[1], p[2], p[3]}))
}

func (h *House) actForward(r *command.ActionRequest) error {
	p, err := required(r, "Mailbox", "Context", "Folder", "ID", "ToMailbox", "ToContext", "ToFolder")
	if err != nil {
		return err
	}
	return h.outcome(r, "forward", h.pass(address{p[0], p[1], p[2], p[3]}, p[4], p[5], p[6]))
}
