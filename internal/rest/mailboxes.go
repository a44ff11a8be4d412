package rest

import (
	"net/http"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

var mailboxRoutes = []route{
	{"GET", "/mailboxes", listMailboxes},
	{"GET", "/mailboxes/{mailboxName}", getMailbox},
	{"PUT", "/mailboxes/{mailboxName}", setMailbox},
	{"DELETE", "/mailboxes/{mailboxName}", deleteMailbox},
}

// A Mailbox is one whose counts clients tell.
type Mailbox struct {
	Name     string
	Old, New int
}

func appendMailbox(m Mailbox) []byte {
	return joined("{", "}", named("name", stasis.AppendText(nil, m.Name)), named("old_messages", strconv.AppendInt(nil, int64(m.Old), 10)),
		named("new_messages", strconv.AppendInt(nil, int64(m.New), 10)))
}

var noMailbox = refusal(http.StatusNotFound, "Mailbox not found")

func listMailboxes(s *Server, _ *request) answer {
	var list [][]byte
	for _, m := range s.Exchange.Mailboxes() {
		list = append(list, appendMailbox(m))
	}
	return said(joined("[", "]", list...))
}

func getMailbox(s *Server, r *request) answer {
	for _, m := range s.Exchange.Mailboxes() {
		if m.Name == r.path["mailboxName"] {
			return said(appendMailbox(m))
		}
	}
	return noMailbox
}

func setMailbox(s *Server, r *request) answer {
	s.Exchange.SetMailbox(Mailbox{Name: r.path["mailboxName"], Old: r.number("oldMessages", 0), New: r.number("newMessages", 0)})
	return nothing
}

func deleteMailbox(s *Server, r *request) answer {
	if !s.Exchange.DeleteMailbox(r.path["mailboxName"]) {
		return noMailbox
	}
	return nothing
}
