package phone

import (
	"context"
	"testing"
)

func TestFunctionsReadWhatTheReferenceReads(t *testing.T) {
	pjsip, _ := load(t, PJSIP, `
[100]
type=endpoint
aors=100
callerid="Alice" <100>
allow=ulaw,alaw
set_var=A=1
[100]
type=aor
max_contacts=2
contact=sip:1@127.0.0.1,sip:2@127.0.0.1:6000\;transport=tcp
`)
	sip, _ := load(t, SIP, `
[friend2]
type=friend
host=127.0.0.8
port=5070
qualify=500
callerid="Friend Two" <222>
call-limit=3
callgroup=1,3
setvar=x=y
[manuel]
type=friend
host=dynamic
`)
	const id = "100@@957a990c9935648a3e5df0b4c1333861"
	for _, test := range []struct {
		m                *Model
		name, args, want string
		fails            bool
	}{
		{pjsip, "PJSIP_ENDPOINT", "100,callerid", `"Alice" <100>`, false},
		{pjsip, "PJSIP_ENDPOINT", "100,allow", "(ulaw|alaw)", false},
		{pjsip, "PJSIP_ENDPOINT", "100,A", "1", false},
		{pjsip, "PJSIP_ENDPOINT", "100,nope", "", true},
		{pjsip, "PJSIP_ENDPOINT", "nope,context", "", true},
		{pjsip, "PJSIP_ENDPOINT", "", "", true},
		{pjsip, "PJSIP_AOR", "100,contact", "100@@4fa628a0e1ec913e8a911186292186b1," + id, false},
		{pjsip, "PJSIP_AOR", "100,max_contacts", "2", false},
		{pjsip, "PJSIP_CONTACT", id + ",uri", "sip:1@127.0.0.1", false},
		{pjsip, "PJSIP_CONTACT", id + ",rtt", "N/A", false},
		{pjsip, "PJSIP_DIAL_CONTACTS", "100", "PJSIP/100/sip:2@127.0.0.1:6000;transport=tcp&PJSIP/100/sip:1@127.0.0.1", false},
		{pjsip, "PJSIP_DIAL_CONTACTS", "100,,55", "PJSIP/55@100/sip:2@127.0.0.1:6000;transport=tcp&PJSIP/55@100/sip:1@127.0.0.1", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a:b@c.d:5080;transport=tcp;lr,host", "c.d", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a:b@c.d:5080;transport=tcp;lr,port", "5080", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a@c.d,port", "0", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:u%2du:%40p@c.d,user", "u-u", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:u%2du:%40p@c.d,passwd", "@p", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a@[::1];maddr=[::01],host", "::1", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a:b@c.d,user", "a", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a:b@c.d,passwd", "b", false},
		{pjsip, "PJSIP_PARSE_URI", `"N" <sip:a@c.d>,display`, "N", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a@c.d;transport=tcp,transport_param", "tcp", false},
		{pjsip, "PJSIP_PARSE_URI", "sip:a@c.d;lr,lr_param", "1", false},
		{pjsip, "PJSIP_PARSE_URI", "xx,user", "", true},
		{sip, "SIPPEER", "friend2", "127.0.0.8", false},
		{sip, "SIPPEER", "friend2,port", "5070", false},
		{sip, "SIPPEER", "friend2,callgroup", "1, 3", false},
		{sip, "SIPPEER", "friend2,codecs", "(ulaw|alaw|gsm|h263)", false},
		{sip, "SIPPEER", "friend2,codec[0]", "ulaw", false},
		{sip, "SIPPEER", "friend2,chanvar[x]", "y", false},
		{sip, "SIPPEER", "friend2,limit", "3", false},
		{sip, "SIPPEER", "friend2,nope", "", false},
		{sip, "SIPPEER", "manuel,ip", "(null)", false},
		{sip, "SIPPEER", "manuel,status", "Unmonitored", false},
		{sip, "SIPPEER", "nope,ip", "", true},
	} {
		d := New(Config{Model: test.m})
		d.setStatic(test.m)
		for _, f := range d.Functions() {
			if f.Name != test.name {
				continue
			}
			got, err := f.Read(context.Background(), nil, test.args)
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("%s(%s) = %q, %v; want %q", test.name, test.args, got, err, test.want)
			}
		}
	}
}
