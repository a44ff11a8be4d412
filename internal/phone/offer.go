package phone

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// descriptionKind is the media type of session descriptions.
const descriptionKind = "application/sdp"

// describes reports whether a message has a body that says what it is.
func describes(r *sip.Message) bool { return len(r.Body) > 0 && r.Get("Content-Type") != "" }

// described is the session description in a message: its body, or a part of a
// body of several (RFC 5621 §3): phones add pictures, trunks ISUP. ok is false
// where there is none.
func described(r *sip.Message) (text []byte, ok bool) {
	switch kind, params := r.ContentType(); kind {
	case descriptionKind:
		return r.Body, true
	case "multipart/mixed", "multipart/alternative":
		return describedPart(r.Body, boundary(r.Body, params))
	}
	return nil, false
}

// boundary is what parts of a body are divided by; where Content-Type does not
// say it, as some write, it is the first line.
func boundary(body []byte, params string) string {
	if text, ok := sip.Param(params, "boundary"); ok && text != "" {
		return text
	}
	line, _, _ := bytes.Cut(bytes.TrimLeft(body, "\r\n"), []byte("\n"))
	return strings.TrimPrefix(string(bytes.TrimRight(line, " \t\r")), "--")
}

// maxParts is how many parts of a body are looked at.
const maxParts = 16

// describedPart returns the first part that is a description. There is none where
// another part says that it must be understood.
func describedPart(body []byte, boundary string) (text []byte, ok bool) {
	if boundary == "" {
		return nil, false
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		switch _, how, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition")); {
		case kind != descriptionKind && strings.EqualFold(how["handling"], "required"):
			return nil, false
		case kind == descriptionKind && !ok:
			text, err = io.ReadAll(part)
			ok = err == nil
		}
	}
	return text, ok
}

// readOffer reads the description of a request, nil if it has none; no is how to
// refuse what cannot be read, if it has a status. A body of another kind is none in
// sip.conf.
func readOffer(d *Driver, e *Endpoint, r *sip.Message) (offer *description, no refusal) {
	if !describes(r) {
		return nil, refusal{}
	}
	text, ok := described(r)
	switch {
	case !ok && d.technology == SIP:
		return nil, refusal{}
	case !ok:
		return nil, d.refuses(r, 415, nil)
	}
	offer, err := d.readSDP(text)
	if err != nil {
		d.log.Debug("an offer is unreadable", "endpoint", e.Name, "error", err)
		return nil, d.refuses(r, 400, err)
	}
	return offer, refusal{}
}

// agree finds what the offer of a request and the endpoint have in common; no is
// how to refuse it, if it has a status.
func (d *Driver) agree(e *Endpoint, r *sip.Message, offer *description) (a agreed, no refusal) {
	a, ok := e.settle(offer, e.Formats, e.IncomingOfferPref == "remote" || e.IncomingOfferPref == "remote_first", d.keyless())
	if !ok || !d.reach(offer, &a) {
		return agreed{}, d.refuses(r, 488, nil)
	}
	e.narrowed(offer, &a)
	return a, refusal{}
}

// answerIn reads the description that answers our offer, whatever its sender
// calls it.
func (d *Driver) answerIn(r *sip.Message) (*description, error) {
	if text, ok := described(r); ok {
		return d.readSDP(text)
	}
	return d.readSDP(r.Body)
}
