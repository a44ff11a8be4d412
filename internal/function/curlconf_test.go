package function

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// What res_curl.conf says holds for all legs until it says something else, or CURLOPT does.
func TestCURLOptionsOfTheFile(t *testing.T) {
	h := &House{}
	for _, c := range []struct{ text, agent, timeout string }{
		{"[globals]\nuseragent = ours\nhttptimeout = 2\nhttpheader = X-A: 1\nhttpheader = X-B: 2\n[other]\nuseragent = theirs\n", "ours", "2"},
		{"[globals]\nhttptimeout = 3\n", "", "3"},
	} {
		f, err := config.Parse("res_curl.conf", []byte(c.text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		d, problems := ReadCURL(f)
		if len(problems) > 0 {
			t.Errorf("problems: %v", problems)
		}
		h.ConfigureCURL(d)
		for name, want := range map[string]string{"useragent": c.agent, "httptimeout": c.timeout} {
			if got, err := h.curlOptionRead(t.Context(), nil, name); got != want || err != nil {
				t.Errorf("%s is %q, %v; want %q", name, got, err, want)
			}
		}
	}
	if err := h.curlOptionWrite(t.Context(), nil, "httptimeout", "9"); err != nil {
		t.Fatal(err)
	}
	if got, _ := h.curlOptionRead(t.Context(), nil, "httptimeout"); got != "9" {
		t.Errorf("CURLOPT over the file: %s", got)
	}
}
