package wire

import (
	"fmt"
	"strings"
)

// A dialog is what a phone remembers about one Call-ID.
type dialog struct {
	phone         string
	name          string // of the phone, with the number of the dialog: what tags and branches are made of
	callID        string
	local, remote string // From and To as the phone sends them, with tags
	target        string // the other's Contact
	route         []string
	cseq, sdps    int
	requests      int

	invite    *message // the last that the phone sent
	asked     []*message
	answered  *message // the last response that it got
	challenge *message
	reliable  *message // the last provisional response with an RSeq
}

// received remembers what matters of a message.
func (d *dialog) received(m *message) {
	contact := m.get("Contact")
	if m.isRequest() {
		if m.method() != "ACK" {
			d.asked = append(d.asked, m)
		}
		if d.local == "" {
			d.callID = m.get("Call-ID")
			d.remote, d.local = m.get("From"), m.get("To")
			if tag(d.local) == "" {
				d.local += ";tag=" + d.tag()
			}
			d.route = m.all("Record-Route")
		}
	} else {
		d.answered = m
		if method := m.method(); (method == "INVITE" || method == "SUBSCRIBE") && tag(m.get("To")) != "" && m.status() < "300" && m.status() > "100" {
			d.remote = m.get("To")
		}
		if m.get("RSeq") != "" {
			d.reliable = m
		}
		if s := m.status(); s == "401" || s == "407" {
			d.challenge = m
		}
	}
	if contact != "" && m.method() != "REGISTER" && m.status() < "300" {
		d.target = uri(contact)
	}
}

func (d *dialog) tag() string { return own + d.name }

func (d *dialog) address(port int) string { return fmt.Sprintf("%s:%d", place(d.phone), port) }

// request makes a request: the first of the dialog, or one in it.
func (d *dialog) request(section, method, target string, port int) *message {
	at := d.address(port)
	if d.local == "" {
		d.callID = own + section + "-" + d.name
		d.local = "<sip:" + d.phone + "@" + place(d.phone) + ">;tag=" + d.tag()
	}
	switch {
	case target == "" && method == "REGISTER":
		target = "sip:" + place(d.phone)
	case target == "":
		target = d.target
	case !strings.Contains(target, ":"):
		target = "sip:" + target + "@" + place(d.phone)
	}
	to := d.remote
	switch {
	case to != "":
	case method == "REGISTER":
		to = "<sip:" + d.phone + "@" + place(d.phone) + ">"
	default:
		to = "<" + target + ">"
	}
	if method == "ACK" || method == "CANCEL" {
		return d.within(method, target)
	}
	d.cseq++
	d.requests++
	m := &message{start: method + " " + target + " SIP/2.0"}
	m.add("Via", fmt.Sprintf("SIP/2.0/%s %s;branch=z9hG4bK-%s-%d;rport", network(d.phone), at, d.callID, d.requests))
	m.add("Max-Forwards", "70")
	m.add("From", d.local)
	m.add("To", to)
	m.add("Call-ID", d.callID)
	m.add("CSeq", fmt.Sprintf("%d %s", d.cseq, method))
	m.add("Contact", "<sip:"+d.phone+"@"+at+over(d.phone)+">")
	if method == "PRACK" && d.reliable != nil {
		m.add("RAck", d.reliable.get("RSeq")+" "+d.reliable.get("CSeq"))
	}
	if method == "INVITE" {
		d.invite = m
	}
	return m
}

// within makes an ACK or CANCEL, which belong to an INVITE.
func (d *dialog) within(method, target string) *message {
	number := strings.Fields(d.invite.get("CSeq"))[0]
	m := &message{start: method + strings.TrimPrefix(d.invite.start, "INVITE")}
	via, to := d.invite.get("Via"), d.invite.get("To")
	if method == "ACK" && d.answered != nil {
		to = d.answered.get("To")
		if strings.HasPrefix(d.answered.status(), "2") {
			d.requests++
			m.start = "ACK " + target + " SIP/2.0"
			before, _, _ := strings.Cut(via, ";branch=")
			via = fmt.Sprintf("%s;branch=z9hG4bK-%s-%d;rport", before, d.callID, d.requests)
		}
	}
	m.add("Via", via)
	m.add("Max-Forwards", "70")
	m.add("From", d.invite.get("From"))
	m.add("To", to)
	m.add("Call-ID", d.invite.get("Call-ID"))
	m.add("CSeq", number+" "+method)
	return m
}

// response answers the last request of the method, or the last of all.
func (d *dialog) response(status, method string, port int) (*message, error) {
	for i := len(d.asked) - 1; i >= 0; i-- {
		r := d.asked[i]
		if method != "" && r.method() != method {
			continue
		}
		m := &message{start: "SIP/2.0 " + status + " " + reasons[status]}
		for _, name := range []string{"Via", "Record-Route"} {
			for _, value := range r.all(name) {
				m.add(name, value)
			}
		}
		to := r.get("To")
		if tag(to) == "" && status != "100" {
			to += ";tag=" + d.tag()
		}
		m.add("From", r.get("From"))
		m.add("To", to)
		m.add("Call-ID", r.get("Call-ID"))
		m.add("CSeq", r.get("CSeq"))
		if status != "100" {
			m.add("Contact", "<sip:"+d.phone+"@"+d.address(port)+over(d.phone)+">")
		}
		return m, nil
	}
	return nil, fmt.Errorf("%s was not asked %s", d.name, method)
}

var reasons = map[string]string{"100": "Trying", "180": "Ringing", "181": "Call Is Being Forwarded", "182": "Queued", "183": "Session Progress", "200": "OK", "202": "Accepted",
	"301": "Moved Permanently", "302": "Moved Temporarily", "400": "Bad Request", "401": "Unauthorized", "403": "Forbidden", "404": "Not Found", "405": "Method Not Allowed",
	"407": "Proxy Authentication Required", "408": "Request Timeout", "410": "Gone", "415": "Unsupported Media Type", "420": "Bad Extension",
	"422": "Session Interval Too Small", "480": "Temporarily Unavailable", "481": "Call/Transaction Does Not Exist", "482": "Loop Detected", "483": "Too Many Hops",
	"484": "Address Incomplete", "486": "Busy Here", "487": "Request Terminated", "488": "Not Acceptable Here", "489": "Bad Event", "491": "Request Pending",
	"500": "Server Internal Error", "501": "Not Implemented", "502": "Bad Gateway", "503": "Service Unavailable", "504": "Server Time-out",
	"600": "Busy Everywhere", "603": "Decline", "604": "Does Not Exist Anywhere", "606": "Not Acceptable"}
