package dialplan

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/command"
)

// The answers are Asterisk 22's, but where it says otherwise.
func TestConsole(t *testing.T) {
	h := newHouse(t, "[general]\nstatic=yes\n[globals]\nGL=glob\n[a]\nexten => 1,1,NoOp()\n[b]\n")
	dir, reloads := t.TempDir(), 0
	rows := h.Commands(Console{Dir: dir, Reload: func() error { reloads++; return nil }})
	h.SetGlobal("GL", "glob")
	leg := h.leg(t, "1@a")
	defer leg.End()
	for _, step := range []struct{ name, args, want string }{
		{"dialplan add extension", "7,1,NoOp,hello into a", "Extension '7,1,NoOp(hello)' added into 'a' context"},
		{"dialplan add extension", "7,2,NoOp(hello,x) into a", "Extension '7,2,NoOp(hello,x)' added into 'a' context"},
		{"dialplan add extension", "7,2,NoOp,again into a", "Extension 7@a with priority 2 already exists"},
		{"dialplan add extension", "7,2,NoOp,again into a replace", "Extension 7@a (2) replace by '7,2,NoOp(again)'"},
		{"dialplan add extension", "7,hint,SIP/7 into a", "Extension '7,hint,SIP/7()' added into 'a' context"},
		{"dialplan add extension", "7/55,1,NoOp,cid into a", "Extension '7,1,NoOp(cid)' added into 'a' context"},
		{"dialplan add extension", "8,1,NoOp into fresh", "Context 'fresh' did not exist prior to add extension - the context will be created.\nExtension '8,1,NoOp()' added into 'fresh' context"},
		{"dialplan add extension", "8,n,NoOp into a", "'n' is not a valid priority\nUSAGE"},
		{"dialplan add extension", "8,1 into a", "USAGE"},
		{"dialplan add include", "c into b", "Context 'c' included in 'b' context"},
		{"dialplan add include", "c into b", "Context 'c' already included in 'b' context"},
		{"dialplan add ignorepat", "8 into a", "Ignore pattern '8' added into 'a' context"},
		{"dialplan add ignorepat", "8 into a", "Ignore pattern '8' already included in 'a' context"},
		{"dialplan show", "7@a", "[ Context 'a' created by 'pbx_config' ]\n" +
			"  '7' (CID match '55') =>  1. NoOp(cid)                                  [pbx_config]\n" +
			"  '7' =>            hint: SIP/7                                   [pbx_config]\n" +
			"                    1. NoOp(hello)                                [pbx_config]\n" +
			"                    2. NoOp(again)                                [pbx_config]\n\n" +
			"-= 2 extensions (4 priorities) in 1 context. =-"},
		{"dialplan remove extension", "7@a 2", "Extension 7@a with priority 2 removed"},
		{"dialplan remove extension", "7@a x", "Invalid priority 'x'"},
		{"dialplan remove extension", "7@a", "Whole extension 7@a removed"},
		{"dialplan remove extension", "7@a", "Failed to remove extension 7@a"},
		{"dialplan remove extension", "7", "Missing extension or context name in third argument '7'"},
		{"dialplan remove include", "c from b", "We are not including 'c' into 'b' now"},
		{"dialplan remove include", "c from b", "Failed to remove 'c' include from 'b' context"},
		{"dialplan remove ignorepat", "8 from a", "Ignore pattern '8' removed from 'a' context"},
		{"dialplan remove ignorepat", "8 from a", "There is no existence of '8' ignore pattern in 'a' context"},
		{"dialplan remove context", "fresh", "Removed context 'fresh'"},
		{"dialplan remove context", "fresh", "There is no such context as 'fresh'"},
		{"dialplan set global", "FOO bar", "\n    -- Global variable 'FOO' set to 'bar'"},
		{"dialplan show globals", "", "   FOO=bar\n   GL=glob\n\n    -- 2 variable(s)"},
		{"dialplan set chanvar", "Test/1 X 1", "\n    -- Channel variable 'X' set to '1' for 'Test/1'"},
		{"dialplan show chanvar", "Test/1", "X=1"},
		{"dialplan show chanvar", "Test/9", "Channel 'Test/9' not found"},
		{"dialplan set extenpatternmatchnew true", "", "\n    -- Switched to using the NEW pattern match algorithm for extension names in the dialplan."},
		{"dialplan set extenpatternmatchnew true", "", "\n    -- Still using the NEW pattern match algorithm for extension names in the dialplan."},
		{"dialplan eval function", "LEN(abc)", "Return Value: Success (0)\nResult: 3"},
		{"dialplan eval function", "NOPE(x)", "Return Value: Failure (-1)\nResult: "},
		{"dialplan reload", "", "Dialplan reloaded."},
		{"dialplan save", dir, "Dialplan successfully saved into '" + filepath.Join(dir, "extensions.conf") + "'"},
	} {
		var out strings.Builder
		found := false
		for _, row := range rows {
			if row.Name != step.name {
				continue
			}
			found = true
			err := row.Run(context.Background(), &command.ConsoleRequest{Args: strings.Fields(step.args), Out: &out})
			var usage *command.UsageError
			if errors.As(err, &usage) {
				out.WriteString("USAGE\n")
			} else if err != nil {
				out.WriteString(err.Error() + "\n")
			}
		}
		if got := strings.TrimSuffix(out.String(), "\n"); got != step.want || !found {
			t.Errorf("%s %s:\n%s\nwant\n%s", step.name, step.args, got, step.want)
		}
	}
	if reloads != 1 {
		t.Errorf("%d reloads, want 1", reloads)
	}
	if saved, err := os.ReadFile(filepath.Join(dir, "extensions.conf")); err != nil || !strings.Contains(string(saved), "[a]\nexten => 1,1,NoOp()\n") {
		t.Errorf("saved %q, %v", saved, err)
	}
}
