package function

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// webServer answers as the one that the reference was asked with: /echo tells the
// request and the headers that matter.
func webServer(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case strings.HasPrefix(r.URL.Path, "/echo"):
			_, _ = fmt.Fprintf(w, "%s|%s|%s", r.Method, r.RequestURI, body)
			for _, name := range []string{"Authorization", "User-Agent", "Accept", "Accept-Encoding", "Referer", "Cookie", "X-A", "X-C", "Content-Type", "Content-Length"} {
				if v := r.Header.Get(name); v != "" {
					_, _ = fmt.Fprintf(w, "|%s: %s", name, v)
				}
			}
		case r.URL.Path == "/redir":
			w.Header().Set("Location", "/plain")
			w.WriteHeader(http.StatusFound)
			_, _ = io.WriteString(w, "moved")
		case r.URL.Path == "/hash":
			_, _ = io.WriteString(w, "a=1&b=x%20y&c=p+q&d=r,s&e=")
		case r.URL.Path == "/404":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "not here")
		case r.URL.Path == "/nl":
			_, _ = io.WriteString(w, "a\r\nb\n\n")
		case r.URL.Path == "/slow":
			<-r.Context().Done()
		default:
			_, _ = io.WriteString(w, "plain")
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// The answers are those of Asterisk 22.10.1 to the same requests, but for a
// followlocation that follows.
func TestCurl(t *testing.T) {
	x, url := newExchange(t, "[probe]\nexten => s,1,NoOp()\n"), webServer(t)
	c := x.leg(t, "s")
	file := filepath.Join(t.TempDir(), "got")
	const auth = "|Authorization: Basic am9lOnB3|User-Agent: me|Accept: */*|Referer: http://x/|Cookie: q=1|X-A: b|X-C: d"
	for _, step := range [][2]string{
		{"${CURL(@/plain)}", "plain"},
		{"${CURL(@/echo)}", "GET|/echo||User-Agent: asterisk-libcurl-agent/1.0|Accept: */*"},
		{"${CURL(@/echo,x=1&y=2)}", "POST|/echo|x=1&y=2|User-Agent: asterisk-libcurl-agent/1.0|Accept: */*|Content-Type: application/x-www-form-urlencoded|Content-Length: 7"},
		{"${CURL(@/echo,a,b)}", "POST|/echo|a,b|User-Agent: asterisk-libcurl-agent/1.0|Accept: */*|Content-Type: application/x-www-form-urlencoded|Content-Length: 3"},
		{"${CURL(@/redir)}", "moved"},
		{"${CURL(@/404)}", "not here"},
		{"[${CURL(@/nl)}]", "[a\r\nb]"},
		{"${CURL(@/echo?a b)}", ""},
		{"${CURL(http://127.0.0.1:1/none)}", ""},
		{"${CURL()}", ""},
		{"CURLOPT(followlocation)=1", ""},
		{"${CURL(@/redir)}", "plain"},
		{"CURLOPT(useragent)=me", ""},
		{"CURLOPT(referer)=http://x/", ""},
		{"CURLOPT(userpwd)=joe:pw", ""},
		{"CURLOPT(httpheader)=X-A: b", ""},
		{"CURLOPT(httpheader)=X-C: d", ""},
		{"CURLOPT(cookie)=q=1", ""},
		{"${CURL(@/echo)}", "GET|/echo|" + auth},
		{"CURLOPT(httpheader)=Content-Type: application/json", ""},
		{"${CURL(@/echo,body)}", "POST|/echo|body" + auth + "|Content-Type: application/json|Content-Length: 4"},
		{"CURLOPT(failurecodes)=404", ""},
		{"${CURL(@/404)}", ""},
		{"CURLOPT(httptimeout)=0.1", ""},
		{"${CURL(@/slow)}", ""},
		{"CURLOPT(httptimeout)=100", ""},
		{"CURLOPT(hashcompat)=yes", ""},
		{"${CURL(@/hash)}", `1,x y,p+q,r\,s,`},
		{"CURLOPT(hashcompat)=legacy", ""},
		{"${CURL(@/hash)}", `1,x y,p q,r\,s,`},
		{"HASH(h)=${CURL(@/hash)}", ""},
		{"${HASH(h,b)}", "x y"},

		{"CURLOPT(hashcompat)=no", ""},
		{"CURL(@/plain)=" + file, ""},
		{"${FILE(" + file + ")}", "plain"},
	} {
		text := strings.ReplaceAll(step[0], "@", url)
		if strings.HasPrefix(step[0], "${") || step[0][0] == '[' {
			if got := x.Expand(t.Context(), c, text); got != step[1] {
				t.Errorf("%s\n got %q\nwant %q", step[0], got, step[1])
			}
			continue
		}
		name, value, _ := strings.Cut(x.Expand(t.Context(), c, text), "=")
		if err := x.Assign(t.Context(), c, name, value); err != nil {
			t.Errorf("%s: %v", step[0], err)
		}
	}
	c.End()
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestCurlHeaderAndOptionsOfAll(t *testing.T) {
	x, url := newExchange(t, "[probe]\nexten => s,1,NoOp()\n"), webServer(t)
	if err := x.Assign(t.Context(), nil, "CURLOPT(header)", "yes"); err != nil {
		t.Fatal(err)
	}
	c := x.leg(t, "s")
	if got := x.Expand(t.Context(), c, "${CURL("+url+"/plain)}"); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(got, "\r\n\r\nplain") {
		t.Errorf("with the header the answer is %q", got)
	}
	c.End()
}
