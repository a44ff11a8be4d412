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
	directory := row("Directory", "Find the extension of a person by name", "Directory([vm-context][,dial-context[,options]])")
	directory.Module = "app_directory"
	return []command.Application[*channel.Channel]{
		{Row: row("VoiceMail", "Leave a message in mailboxes", "VoiceMail(mailbox[@context][&mailbox[@context]…][,options])"), Run: h.leave},
		{Row: row("VoiceMailMain", "Hear messages and change a mailbox", "VoiceMailMain([mailbox][@context][,options])"), Run: h.main},
		{Row: row("VMAuthenticate", "Ask for a mailbox and its password", "VMAuthenticate([mailbox][@context][,options])"), Run: h.vmAuthenticate},
		{Row: row("VMSayName", "Say the name of a mailbox's owner", "VMSayName(mailbox[@context])"), Run: h.vmSayName},
		{Row: row("VoiceMailPlayMsg", "Play a message by its id", "VoiceMailPlayMsg([mailbox][@context],id)"), Run: h.playOne},
		{Row: directory, Run: h.directory},
	}
}
