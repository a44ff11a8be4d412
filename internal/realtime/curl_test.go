package realtime

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWhatAWebServerSaysIsRowsOrNone(t *testing.T) {
	var says string
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, says) }))
	t.Cleanup(server.Close)
	h := house(t, "phones => curl,"+server.URL+"/phones\nx.conf => curl,"+server.URL+"/files", "", "")
	for _, test := range []struct {
		says, want string
		fails      bool
	}{
		{says: "id=alice&context=in", want: "id=alice context=in"},
		{says: "id=alice&note=a;b^3Bc+d%2B&more=&blank=%20", want: "id=alice note=a;b^3Bc+d+ blank="},
		{says: "  id=alice&note=<b>\r\n", want: "id=alice note=<b>"},
		{says: ""},
		{says: "\r\n"},
		{says: "id=\n"},
		{says: "<!DOCTYPE html>\n<html><a href=\"/login?back=1\">Log in</a></html>", fails: true},
		{says: `{"id":"alice","password":"a=b"}`, fails: true},
		{says: "Bad gateway", fails: true},
	} {
		says = test.says
		list, err := h.All(t.Context(), "phones", Where("id", "alice")...)
		if got := text(list); got != test.want || (err != nil) != test.fails {
			t.Errorf("%q: %q (%v), want %q, fails: %v", test.says, got, err, test.want, test.fails)
		}
		if _, ok, err := h.File(t.Context(), "x.conf"); test.fails && (ok || err == nil) {
			t.Errorf("%q is a file: %v (%v)", test.says, ok, err)
		}
	}
}
