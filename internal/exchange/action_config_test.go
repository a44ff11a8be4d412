package exchange

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// What Asterisk 22 answers of the same file.
func TestActionsOnConfigurationFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"x.conf": "; c\n[general]\na = 1\nb => 2 ; x\nc = with \"quote\" and \\\\back\nd =\n" +
		"[base](!)\nt = 5\n[base2](!)\nu=6\n[uno](base,base2)\nv = 7\n[uno]\nw = 8\n[vacio]\n", "empty.conf": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(t.TempDir(), "secret.conf")
	if err := os.WriteFile(outside, []byte("[a]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.conf")); err != nil {
		t.Fatal(err)
	}
	const general = "Category-000000: general|Line-000000-000000: a=1|Line-000000-000001: b=2|Line-000000-000002: c=with \"quote\" and \\\\back|Line-000000-000003: d="
	x := &Exchange{dirs: Directories{Etc: dir}}
	for _, c := range []struct{ action, file, category, filter, want string }{
		{"GetConfig", "x.conf", "", "", general + "|Category-000001: uno|Templates-000001: base,base2|Line-000001-000000: t=5|Line-000001-000001: u=6|Line-000001-000002: v=7|" +
			"Category-000002: uno|Line-000002-000000: w=8|Category-000003: vacio"},
		{"GetConfig", "x.conf", "uno", "w=.*", "Category-000000: uno|Line-000000-000000: w=8"},
		{"GetConfig", "x.conf", "nope", "", ": No categories found"},
		{"GetConfig", "x.conf", "", "TEMPLATES=restrict", "Category-000000: base|IsTemplate-000000: 1|Line-000000-000000: t=5|" +
			"Category-000001: base2|IsTemplate-000001: 1|Line-000001-000000: u=6"},
		{"GetConfig", "x.conf", "base", "TEMPLATES=include", "Category-000000: base|IsTemplate-000000: 1|Line-000000-000000: t=5"},
		{"GetConfig", "empty.conf", "", "", ""},
		{"GetConfig", "", "", "", "Filename not specified"},
		{"GetConfig", "nosuch.conf", "", "", "Config file not found"},
		{"GetConfig", outside, "", "", "File requires escalated privileges"},
		{"GetConfig", "../" + filepath.Base(filepath.Dir(outside)) + "/secret.conf", "", "", "File requires escalated privileges"},
		{"GetConfig", "link.conf", "", "", "File requires escalated privileges"},
		{"GetConfigJSON", "x.conf", "", "", `JSON: {"general":{"a":"1","b":"2","c":"with \"quote\" and \\\\back","d":""},` +
			`"uno":{"templates":"base,base2","t":"5","u":"6","v":"7"},"uno":{"w":"8"},"vacio":{}}`},
		{"GetConfigJSON", "x.conf", "nope", "", "JSON: {}"},
		{"GetConfigJSON", "nosuch.conf", "", "", "File requires escalated privileges"},
		{"ListCategories", "x.conf", "", "", "Category-000000: general|Category-000001: uno|Category-000002: uno|Category-000003: vacio"},
		{"ListCategories", "empty.conf", "", "", "Error: no categories found"},
		{"ListCategories", "nosuch.conf", "", "", "Config file not found"},
	} {
		var got []string
		r := &command.ActionRequest{
			Get: func(key string) string {
				return map[string]string{"Filename": c.file, "Category": c.category, "Filter": c.filter}[key]
			},
			Reply: func(_, _ string, fields ...command.Field) {
				for _, f := range fields {
					got = append(got, f.Key+": "+f.Value)
				}
			}}
		for _, a := range x.configActions() {
			if a.Name != c.action {
				continue
			}
			var refused command.Refusal
			if err := a.Run(t.Context(), r); errors.As(err, &refused) {
				got = []string{refused.Error()}
			} else if err != nil {
				t.Errorf("%s %s: %v", c.action, c.file, err)
			}
		}
		if text := strings.Join(got, "|"); text != c.want {
			t.Errorf("%s %s %s %s\ngot  %s\nwant %s", c.action, c.file, c.category, c.filter, text, c.want)
		}
	}
}

// AbsoluteTimeout ends a call that others set up, and DBGetTree lists what is below.
func TestAbsoluteTimeoutAndTrees(t *testing.T) {
	k := begin(t, "[house]\nexten => 500,1,Answer()\n same => n,Wait(60)\n")
	defer k.end()
	b := k.login()
	b.do("Action: AbsoluteTimeout\nChannel: Local/nosuch")
	b.until("Message: No timeout specified")
	b.do("Action: AbsoluteTimeout\nChannel: Local/nosuch\nTimeout: 1")
	b.until("Message: No such channel")
	b.do("Action: Originate\nChannel: Local/500@house/n\nApplication: Wait\nData: 60\nAsync: true")
	b.until("Event: OriginateResponse")
	name := ""
	for _, c := range k.channels.All() {
		if strings.HasSuffix(c.Name(), ";2") {
			name = c.Name()
		}
	}
	b.do("Action: AbsoluteTimeout\nChannel: " + name + "\nTimeout: 1")
	b.until("Message: Timeout Set")
	k.eventually("the call ends", func() bool { return k.channels.Count() == 0 })

	for _, key := range []string{"one", "two/three"} {
		b.do("Action: DBPut\nFamily: fam\nKey: " + key + "\nVal: 1")
		b.until("Message: Updated database successfully")
	}
	b.do("Action: DBGetTree\nFamily: fam")
	b.until("Key: /fam/one")
	b.until("Key: /fam/two/three")
	b.until("ListItems: 2")
	b.do("Action: DBDel\nFamily: fam\nKey: nosuch")
	b.until("Message: Database entry could not be deleted")
}

// Without pjsip.conf PJSIP is there and knows nobody, as on the reference.
func TestPJSIPWithoutItsFile(t *testing.T) {
	k := prepareTrial(t, "[house]\nexten => s,1,NoOp()\n")
	if err := os.Remove(filepath.Join(k.dirs.Etc, "pjsip.conf")); err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	_, err := k.channels.Request(t.Context(), "PJSIP", channel.Request{Destination: "nosuch"})
	var refused *channel.RequestError
	if !errors.As(err, &refused) || refused.Cause != 3 {
		t.Errorf("a leg to nobody: %v, want cause 3", err)
	}
	if got := k.execute("pjsip show endpoints"); !strings.Contains(got, "No objects found.") {
		t.Errorf("endpoints:\n%s", got)
	}
}
