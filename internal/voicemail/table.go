package voicemail

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

const module = "app_voicemail"

func row(name, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: syntax}
}

// Applications returns the dialplan applications.
func (h *House) Applications() []command.Application[*channel.Channel] {
	return []command.Application[*channel.Channel]{
		{Row: row("VoiceMail", "Leave a message in mailboxes", "VoiceMail(mailbox[@context][&mailbox[@context]…][,options])"), Run: h.leave},
	}
}
