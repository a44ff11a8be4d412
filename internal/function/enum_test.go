package function

import (
	"context"
	"errors"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// TestEnum asks a name server that knows two numbers, one with records of several kinds.
func TestEnum(t *testing.T) {
	x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
	x.house.Pointers = func(_ context.Context, domain string) ([]sip.NAPTR, error) {
		switch domain {
		case "4.3.2.1.e164.arpa":
			return []sip.NAPTR{
				{Order: 100, Preference: 20, Flags: "u", Service: "E2U+sip", Regexp: "!^.*$!sip:late@example.com!"},
				{Order: 100, Preference: 10, Flags: "u", Service: "E2U+sip", Regexp: `!^\+1(.*)$!sip:\1@first.example.com!`},
				{Order: 10, Preference: 10, Flags: "u", Service: "E2U+email:mailto", Regexp: "!^.*$!mailto:info@example.com!i"},
				{Order: 5, Flags: "", Service: "E2U+sip", Replacement: "elsewhere.example.com"},
				{Order: 5, Flags: "u", Service: "E2U+sip", Regexp: "!^(.*$!sip:broken@example.com!"},
				{Order: 5, Flags: "u", Service: "E2U+sip", Regexp: "!^9!sip:another@example.com!"},
			}, nil
		case "4.3.2.1.e164.org":
			return nil, nil
		}
		return nil, errors.New("no such domain")
	}
	c := x.leg(t, "s")
	defer c.End()
	for _, test := range []struct{ text, want string }{
		{"${ENUMLOOKUP(+1234)}", "234@first.example.com"},
		{"${ENUMLOOKUP(1234)}", "234@first.example.com"},
		{"${ENUMLOOKUP(1234,sip,u,2)}", "sip:late@example.com"},
		{"${ENUMLOOKUP(+1234,sip,c)}", "2"},
		{"${ENUMLOOKUP(+1234,ALL,c)}", "3"},
		{"${ENUMLOOKUP(+1234,ALL)}", "mailto:info@example.com"},
		{"${ENUMLOOKUP(+1234,email)}", "info@example.com"},
		{"${ENUMLOOKUP(+1234,sip,,3)}", ""},
		{"${ENUMLOOKUP(+1234,sip,c,,e164.org)}", "0"},
		{"${ENUMLOOKUP(+999)}", ""},
		{"${ENUMLOOKUP()}", ""},
		{"${ENUMQUERY(+1234)} ${ENUMRESULT(0,getnum)} ${ENUMRESULT(0,2)} ${ENUMRESULT(0,3)}", "0 2 late@example.com "},
		{"${ENUMQUERY(+999)} ${ENUMRESULT(1,getnum)} ${ENUMRESULT(1,1)}", "1 -1 "},
		{"${ENUMRESULT(7,getnum)}${ENUMRESULT()}", ""},
	} {
		if got := x.Expand(t.Context(), c, test.text); got != test.want {
			t.Errorf("%s is %q, want %q", test.text, got, test.want)
		}
	}
}
