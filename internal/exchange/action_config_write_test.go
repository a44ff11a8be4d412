package exchange

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/command"
)

// asks carries an action out with keys and values and returns what was answered.
func asks(run func(*command.ActionRequest) error, pairs ...string) string {
	answer := ""
	get := func(key string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.EqualFold(pairs[i], key) {
				return pairs[i+1]
			}
		}
		return ""
	}
	r := &command.ActionRequest{Get: get, Reply: func(response, text string, _ ...command.Field) { answer = strings.TrimSpace(response + " " + text) },
		Can: func(command.Class) bool { return true }}
	if err := run(r); err != nil {
		return "Error " + err.Error()
	}
	return answer
}

// Comments, includes and the layout of people stay; Asterisk writes a header and loses
// blank lines.
func TestUpdateConfigKeepsWhatPeopleWrote(t *testing.T) {
	dir := t.TempDir()
	const before = "; the phones of the house\n#include \"shared.conf\"\n\n[ana]   ; the kitchen\ncontext = in ; not out\n;-- old\nsecret = 1\n--;\nallow=ulaw\n\n; the cellar\n[bea]\ncontext = in\n"
	const after = "; the phones of the house\n#include \"shared.conf\"\n\n[ana]   ; the kitchen\ncontext = out ; not out\n;-- old\nsecret = 1\n--;\nallow=ulaw\nallow=alaw\n\n; the cellar\n[bea]\ncontext = in\n"
	for name, text := range map[string]string{"x.conf": before, "shared.conf": "[all]\na=1 ; one\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x := &Exchange{dirs: Directories{Etc: dir}}
	update := func(edits ...[4]string) string {
		pairs := []string{"SrcFilename", "x.conf", "DstFilename", "x.conf"}
		for i, e := range edits {
			for j, key := range []string{"Action", "Cat", "Var", "Value"} {
				pairs = append(pairs, fmt.Sprintf("%s-%06d", key, i), e[j])
			}
		}
		return asks(func(r *command.ActionRequest) error { return x.actUpdateConfig(t.Context(), r) }, pairs...)
	}
	if got := update([4]string{"Update", "ana", "context", "out"}, [4]string{"Append", "ana", "allow", "alaw"}, [4]string{"Update", "all", "a", "2"}); got != "Success" {
		t.Fatal(got)
	}
	for name, want := range map[string]string{"x.conf": after, "shared.conf": "[all]\na=2 ; one\n"} {
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
		}
	}
	// All or nothing.
	if got := update([4]string{"Delete", "bea", "context", ""}, [4]string{"Delete", "bea", "nosuch", ""}); got != "Error Update did not complete successfully" {
		t.Error(got)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "x.conf")); string(got) != after {
		t.Errorf("after a change that failed x.conf is\n%s", got)
	}
}

// Ways out of the configuration folder are shut, by any name, unless live_dangerously
// opens them.
func TestClientsStayInTheConfigurationFolder(t *testing.T) {
	root := t.TempDir()
	dir, outside := filepath.Join(root, "etc"), filepath.Join(root, "out")
	for _, d := range []string{dir, outside, filepath.Join(dir, "sub"), filepath.Join(root, "etcetera")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range map[string]string{"etc/x.conf": "[a]\nb=1\n", "out/secret.conf": "[a]\nb=1\n", "etcetera/secret.conf": "[a]\nb=1\n"} {
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link.conf": filepath.Join(outside, "secret.conf"), "dir": outside, "sub/up": "../.."} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	const refused = "Error File requires escalated privileges"
	ways := []string{filepath.Join(outside, "secret.conf"), "../out/secret.conf", "sub/../../out/secret.conf", "link.conf", "dir/secret.conf",
		"sub/up/out/secret.conf", filepath.Join(root, "etcetera", "secret.conf"), dir + "/../out/secret.conf"}
	for _, dangerously := range []bool{false, true} {
		x := &Exchange{dirs: Directories{Etc: dir}, system: SystemOptions{LiveDangerously: dangerously}}
		run := func(action func(*command.ActionRequest) error, pairs ...string) string { return asks(action, pairs...) }
		for i, way := range ways {
			got := map[string]string{
				"GetConfig":      run(func(r *command.ActionRequest) error { return x.actGetConfig(t.Context(), r) }, "Filename", way),
				"GetConfigJSON":  run(func(r *command.ActionRequest) error { return x.actGetConfigJSON(t.Context(), r) }, "Filename", way),
				"ListCategories": run(func(r *command.ActionRequest) error { return x.actListCategories(t.Context(), r) }, "Filename", way),
				"UpdateConfig from": run(func(r *command.ActionRequest) error { return x.actUpdateConfig(t.Context(), r) },
					"SrcFilename", way, "DstFilename", "x.conf"),
				"UpdateConfig to": run(func(r *command.ActionRequest) error { return x.actUpdateConfig(t.Context(), r) },
					"SrcFilename", "x.conf", "DstFilename", way),
				"CreateConfig": run(func(r *command.ActionRequest) error { return x.actCreateConfig(t.Context(), r) },
					"Filename", filepath.Dir(way)+"/"+fmt.Sprint("new", i, ".conf")),
			}
			for action, answer := range got {
				inside := action == "CreateConfig" && way == "link.conf" // its own folder is the configuration's
				if refuses := answer == refused; refuses == (dangerously || inside) {
					t.Errorf("%s %s, live_dangerously %t: %s", action, way, dangerously, answer)
				}
			}
		}
		if dangerously {
			continue
		}
		for _, path := range []string{filepath.Join(outside, "secret.conf"), filepath.Join(root, "etcetera", "secret.conf")} {
			if got, _ := os.ReadFile(path); string(got) != "[a]\nb=1\n" {
				t.Errorf("%s was changed: %s", path, got)
			}
		}
		if made, _ := filepath.Glob(filepath.Join(outside, "new*")); len(made) > 0 {
			t.Errorf("files were made outside: %v", made)
		}
	}
}
