package configs

import (
	"bytes"
	"testing"
)

func TestRenderFillsInTheSecrets(t *testing.T) {
	files, err := Render(Secrets{Phones: map[string]string{"100": "one-secret", "101": "other-secret"}, Manager: "third-secret"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"pjsip.conf": {"one-secret", "other-secret"}, "manager.conf": {"third-secret"}} {
		for _, secret := range want {
			if !bytes.Contains(files[name], []byte(secret)) {
				t.Errorf("%s does not hold %s", name, secret)
			}
		}
	}
	for name, text := range files {
		if bytes.Contains(text, []byte("<<")) || bytes.Contains(text, []byte("no value")) {
			t.Errorf("%s is not filled in:\n%s", name, text)
		}
	}
}
