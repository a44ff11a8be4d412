package exchange

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

func TestNameServersOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	resolv := filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(resolv, []byte("search example.com\nnameserver 192.0.2.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ text, servers, problem string }{
		{"resolv=", "[]", ""},
		{"nameserver=127.0.0.1@10053\nresolv=", "[127.0.0.1:10053]", ""},
		{"nameserver=::1\nresolv=" + resolv, "[[::1]:53 192.0.2.1:53]", ""},
		{"resolv=" + resolv, "[192.0.2.1:53]", ""},
		{"nameserver=here\nnameserver=192.0.2.2@0\nresolv=", "[]", `"here" is no name server`},
		{"resolv=\nta_file=/x", "[]", "option ta_file is known and not honoured yet: answers are not verified (DNSSEC)"},
		{"resolv=\nhosts=/x", "[]", "option hosts is known and not honoured yet: names of the machine itself are looked up in /etc/hosts alone"},
	} {
		f, err := config.Parse("resolver_unbound.conf", []byte("[general]\n"+test.text+"\n"), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		servers, problems := nameServers(f)
		if got := fmt.Sprint(servers); got != test.servers {
			t.Errorf("%q: servers %s, want %s", test.text, got, test.servers)
		}
		if got := fmt.Sprint(problems); !strings.Contains(got, test.problem) {
			t.Errorf("%q: problems %s, want %s", test.text, got, test.problem)
		}
	}
}
