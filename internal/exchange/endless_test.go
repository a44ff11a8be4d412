package exchange

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// run has a Local channel run an extension, and waits for its end.
func (k *trial) run(boss *boss, exten string) {
	k.t.Helper()
	boss.do("Action: Originate\nChannel: Local/" + exten + "@house/n\nApplication: Wait\nData: 600\nAsync: true")
	boss.until("Event: OriginateResponse")
	k.eventually(exten+" ends", func() bool { return k.channels.Count() == 0 })
}

func (k *trial) global(name string) string {
	value, _ := k.engine.Variable(nil, name)
	return value
}

// Dialplans that never end use up their own call and nothing else. What the
// results are was asked of Asterisk 22, but for those that it does not survive.
func TestEndless(t *testing.T) {
	k := begin(t, `[house]
exten => deep,1,Set(N=0)
same => n(again),Set(N=$[${N}+1])
same => n,GotoIf($[${N}=10000]?done)
same => n,Gosub(again)
same => n,GotoIf($[${N}=2]?end)
same => n,Set(N=$[${N}-1])
same => n,Return()
same => n(done),Set(GLOBAL(DEEP)=${N})
same => n,Return()
same => n(end),Set(GLOBAL(BACK)=${N})
exten => gosub,1,Gosub(gosub,1)
exten => sub,1,NoOp(${EVAL_SUB(sub,1)})
same => n,Set(GLOBAL(SUB)=survived)
same => n,Return()
exten => evalexten,1,NoOp(${EVAL_EXTEN(evalexten,1)})
same => n,Set(GLOBAL(EVALEXTEN)=survived)
exten => eval,1,Set(GLOBAL(E)=<${EVAL(${X})}>)
same => n,Set(GLOBAL(EVAL)=survived)
exten => exec,1,Exec(${EXEC})
exten => try,1,TryExec(${TRY})
same => n,Set(GLOBAL(TRYSTATUS)=${TRYSTATUS})
exten => if,1,ExecIf(1?${IF})
exten => handler,1,Set(CHANNEL(hangup_handler_push)=pushes,1)
exten => pushes,1,Set(GLOBAL(PUSHED)=$[0${GLOBAL(PUSHED)}+1])
same => n,Return()
exten => fine,1,Set(GLOBAL(FINE)=$[0${GLOBAL(FINE)}+1])
`)
	for name, text := range map[string]string{"X": "${EVAL(${X})}", "EXEC": "Exec(${EXEC})", "TRY": "TryExec(${TRY})", "IF": "ExecIf(1?${IF})"} {
		k.engine.SetGlobal(name, text)
	}
	boss := k.login()
	for _, exten := range []string{"deep", "gosub", "sub", "evalexten", "eval", "exec", "try", "if", "handler", "fine"} {
		k.run(boss, exten)
	}
	for name, want := range map[string]string{"DEEP": "10000", "BACK": "2", "SUB": "survived", "EVALEXTEN": "survived", "EVAL": "survived",
		"E": "<>", "PUSHED": "1", "FINE": "1"} {
		if got := k.global(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	k.end()
	log := k.logged()
	for _, want := range []string{"too many Gosubs inside each other", "Exceeded maximum variable substitution recursion depth (15)", "too many applications run each other"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	if strings.Contains(log, "panic") {
		t.Error("something panicked")
	}
}

// A loop without end goes on until it is hung up, lets others live, and does not
// keep the exchange from ending, not even in the extension h.
func TestLoopsEndWithTheirCall(t *testing.T) {
	k := begin(t, `[house]
exten => loop,1,Goto(loop,1)
exten => while,1,While(1)
same => n,Set(A=$[1+1])
same => n,EndWhile()
exten => fine,1,Set(GLOBAL(FINE)=$[0${GLOBAL(FINE)}+1])
[hopeless]
exten => h,1,Set(GLOBAL(H)=on)
same => n,Goto(h,1)
exten => s,1,NoOp()
`)
	boss := k.login()
	boss.do("Action: Events\nEventMask: off")
	boss.until("Events: Off")
	for _, exten := range []string{"loop", "loop", "while", "while"} {
		boss.do("Action: Originate\nChannel: Local/" + exten + "@house/n\nApplication: Wait\nData: 600\nAsync: true")
	}
	k.eventually("four loops run", func() bool { return k.channels.Count() == 8 })
	for i := range 5 {
		k.execute("channel originate Local/fine@house/n application Wait 0")
		k.eventually("a call beside the loops", func() bool { return k.global("FINE") == string(rune('1'+i)) })
	}
	boss.do("Action: Hangup\nChannel: /^Local/.*/")
	k.eventually("the loops are hung up", func() bool { return k.channels.Count() == 0 })
	k.execute("channel originate Local/s@hopeless/n application Wait 600")
	k.eventually("h runs", func() bool { return k.global("H") == "on" })
	began := time.Now()
	k.end()
	if took := time.Since(began); took > 2*patience {
		t.Errorf("it took %v to stop, want at most %v", took, 2*patience)
	}
	goleak.VerifyNone(t)
}

// Files that include each other, and variables inside variables, are read and told.
func TestEndlessConfiguration(t *testing.T) {
	nested := strings.Repeat("${", 3000) + "V" + strings.Repeat("}", 3000)
	k := prepareTrial(t, "#include \"other.conf\"\n[house]\ninclude => other\nexten => s,1,Set(GLOBAL(A)=<"+nested+">)\n"+
		"same => n,Set(GLOBAL(B)=<"+strings.Repeat("${", 15)+"V"+strings.Repeat("}", 15)+">)\n"+
		"same => n,Set(GLOBAL(C)=<"+strings.Repeat("${", 16)+"V"+strings.Repeat("}", 16)+">)\n"+
		"same => n,Set(GLOBAL(D)=<"+strings.Repeat("${LEN(", 16)+"V"+strings.Repeat(")}", 16)+">)\n"+
		"same => n,Set(GLOBAL(E)=<"+strings.Repeat("$[0+", 16)+"1"+strings.Repeat("]", 16)+">)\n"+
		"same => n,Set(GLOBAL(F)=<"+strings.Repeat("$[0+", 15)+"1"+strings.Repeat("]", 15)+">)\n"+
		"same => n,NoOp($["+strings.Repeat("1+", 4000)+"1])\n"+
		"same => n,NoOp($["+strings.Repeat("(", 4000)+"1"+strings.Repeat(")", 4000)+"])\n"+
		"same => n,Goto(nowhere,1)\n[other]\ninclude => house\n[globals]\nV=V\n")
	if err := os.WriteFile(filepath.Join(k.dirs.Etc, "other.conf"), []byte("#include \"extensions.conf\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	k.run(k.login(), "s")
	for name, want := range map[string]string{"A": "<>", "B": "<V>", "C": "<>", "D": "<1>", "E": "<0>", "F": "<1>"} {
		if got := k.global(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	k.end()
	if !strings.Contains(k.logged(), "does a file include itself?") {
		t.Error("the log does not tell of the files that include each other")
	}
}
