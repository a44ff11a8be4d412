package dialplan

import (
	"fmt"
	"strings"
	"testing"
)

// vocabulary of the tests: one application that is not built yet among them.
var vocabulary = Vocabulary{
	Applications: map[string]bool{"noop": true, "goto": true, "gotoif": true, "gotoiftime": true, "gosub": true, "gosubif": true, "set": true,
		"dial": true, "queue": false, "sms": false, "execif": true},
	Technologies: map[string]bool{"pjsip": true, "local": true, "iax2": false},
	Functions:    map[string]bool{"LEN": true, "CALLERID": true, "ODBC_X": false},
	Spelling:     []string{"NoOp", "Goto", "Dial", "Queue"},
}

func TestInspectTellsWhatACallerWouldFind(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"unclosed variable", "100,1,Set(X=${LEN(abc)", "error: ${ is never closed with } (close it)"},
		{"unclosed within", "100,1,NoOp(${LEN(${A)})", "error: ${ is never closed with } (close it)"},
		{"unclosed expression", "100,1,Set(X=$[1 + 2)", "error: $[ is never closed with ] (close it)"},
		{"unclosed parenthesis", "100,1,NoOp(${LEN(abc} )", "error: no closing parenthesis for LEN(abc"},
		{"operand missing", "100,1,Set(X=$[1 + ])", "error: $[1 + ] is no expression"},
		{"operand missing beside a variable", "100,1,Set(X=$[${A} + ])", "error: $[… + ] is no expression"},
		{"a variable is the operator", "100,1,Set(X=$[1 ${OP} 2])", ""},
		{"a variable may be nothing", `100,1,Set(X=$["${A}" = ""])`, ""},
		{"variables all over", "100,1,Set(X=$[${A} ${OP} ${B}])", ""},
		{"an expression of regular expressions", `100,1,Set(X=$["${A}" =~ "^[0-9]+$"])`, ""},
		{"unknown function", "100,1,NoOp(${NOSUCHFUNC(1)})", "error: there is no function NOSUCHFUNC (check the spelling)"},
		{"misspelt function", "100,1,NoOp(${LENN(1)})", "error: there is no function LENN (do you mean LEN?)"},
		{"written function", "100,1,Set(CALERID(num)=1)", "error: there is no function CALERID (do you mean CALLERID?)"},
		{"function within an expression", "100,1,NoOp($[${LNE(a)} + 1])", "error: there is no function LNE (do you mean LEN?)"},
		{"function not built", "100,1,NoOp(${ODBC_X(1)})", "warning: function ODBC_X is known, and not built yet (ask PostgreSQL or SQLite with REALTIME() and its kin, or a web service with CURL())"},
		{"unknown application", "100,1,Dail(PJSIP/1)", "error: there is no application Dail (do you mean Dial?)"},
		{"application not built", "100,1,Queue(a)", "warning: application Queue is known, and not built yet"},
		{"what serves instead", "100,1,Sms(a)", "warning: application Sms is known, and not built yet (send messages with MessageSend() to a gateway that takes SIP, or with CURL() to a provider's web service)"},
		{"no application", "100,1,(a)", "error: there is no application in this line (write NAME(arguments))"},
		{"no such context", "100,1,Goto(nowhere,s,1)", "error: there is no context nowhere to go to (check the spelling)"},
		{"context misspelt", "100,1,Goto(othr,s,1)", "error: there is no context othr to go to (do you mean other?)"},
		{"no such extension", "100,1,Goto(other,t,1)", "error: other,t,1 is nowhere"},
		{"no such label", "100,1,Goto(again)", "error: again is nowhere"},
		{"no such priority", "100,1,GosubIf($[1]?other,s,7(a))", "error: other,s,7 is nowhere"},
		{"second branch", "100,1,GotoIf($[${A} > 1]?s,1:wrong)", "error: wrong is nowhere"},
		{"a colon within the condition", "100,1,GotoIf($[${A:0:2} = 1]?s,1)", ""},
		{"time without target", "100,1,GotoIfTime(9:00-10:00,*,*,*)", "error: GotoIfTime(9:00-10:00,*,*,*) has no ?"},
		{"in the own context", "100,1,Goto(s,1)", ""},
		{"in an included context", "100,1,Goto(200,1)", ""},
		{"in an including context", "100,1,Goto(300,1)", ""},
		{"at a label of the pattern's numbers", "_1XX,1,Goto(200,here)", ""},
		{"an i extension takes it", "100,1,Goto(invalid,77,1)", ""},
		{"but not for Gosub", "100,1,Gosub(invalid,77,1)", "error: invalid,77,1 is nowhere"},
		{"made of variables", "100,1,Goto(${A},s,1)", ""},
		{"fixed context, variable extension", "100,1,Goto(nowhere,${EXTEN},1)", "error: there is no context nowhere to go to"},
		{"context left empty", "100,1,Goto(,s,1)", ""},
		{"where switches look", "100,1,Goto(switched,1,1)", ""},
		{"no priority 1", "100,2,NoOp()", "warning: extension 100 of context main has no priority 1: nobody gets to it (count from 1)"},
		{"a subroutine that is called by its label", "_X.,30000(time),NoOp()", ""},
		{"the pattern has priority 1", "777,2,NoOp()", ""},
		{"technologies", "100,1,Dial(PJSIP/1&Local/2@main&${X}/3,20,tT)", ""},
		{"technology misspelt", "100,1,Dial(PJSIP/1&PJSPI/2)", "error: there is no technology PJSPI (do you mean pjsip?)"},
		{"technology not built", "100,1,Dial(IAX2/1)", "warning: technology IAX2 is known, and not built yet"},
		{"no technology", "100,1,Dial(100,20)", "error: 100 is nothing to call (write TECHNOLOGY/device)"},
		{"application of ExecIf", "100,1,ExecIf($[1]?Nope(a):NoOp())", "error: there is no application Nope (do you mean NoOp?)"},
		{"variable application of ExecIf", "100,1,ExecIf($[1]?${APP}(a):NoOp())", ""},
		{"nothing to set", "100,1,Set(X)", "error: Set(X) has no = (write Set(name=value))"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, _ := loadText(t, `[main]
include => included
exten => s,1,NoOp()
exten => _7XX,1,NoOp()
exten => `+c.line+`
[included]
exten => 200,1(here),NoOp()
[including]
include => main
exten => 300,1,NoOp()
[other]
exten => s,1,NoOp()
[invalid]
exten => i,1,NoOp()
[switched]
switch => Realtime/x
`)
			var got []string
			for _, d := range Inspect(plan, vocabulary) {
				got = append(got, d.String())
			}
			want := ""
			if c.want != "" {
				want = "extensions.conf:5: " + c.want
			}
			if text := strings.Join(got, "\n"); len(got) > 1 || !strings.HasPrefix(text, want) || want == "" && text != "" {
				t.Errorf("got %s\nwant %s", text, want)
			}
		})
	}
}

// A plan of ten thousand extensions is inspected in a moment, not in minutes.
func BenchmarkInspect(b *testing.B) {
	var text strings.Builder
	text.WriteString("[main]\n")
	for n := range 10_000 {
		fmt.Fprintf(&text, "exten => %d,1,Goto(main,%d,1)\n", 10_000+n, 10_000+(n+1)%10_000)
	}
	plan, _ := loadText(b, text.String())
	for b.Loop() {
		if problems := Inspect(plan, vocabulary); len(problems) != 0 {
			b.Fatal(problems)
		}
	}
}
