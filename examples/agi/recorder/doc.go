// Command recorder takes a message, as voicemail does: it greets, records until # or five seconds of silence, and
// offers to keep the message (1), to hear it (2) or to record it again (3). The variable MESSAGE is the file
// without its ending, on the exchange; a caller who hangs up has left what was recorded until then.
// Dialplan: AGI(agi://host/recorder).
package main
