package mediacache

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// File says how sounds are fetched.
const File = "res_http_media_cache.conf"

// Settings are res_http_media_cache.conf.
type Settings struct {
	timeout   time.Duration
	agent     string
	follow    bool
	redirects int // at most; negative is without end
	proxy     *url.URL
	most      int64    // bytes that are kept
	protocols []string // of the first request; none allows http and https
	elsewhere []string // of redirects, likewise
}

// mostKey is an option of our own: how many MiB of sounds are kept.
const mostKey = "max_cache_megabytes"

// defaultAgent is what web servers of people's know.
const defaultAgent = "asterisk-libcurl-agent/1.0"

// Read reads res_http_media_cache.conf, which may be nil.
func Read(f *config.File) (*Settings, []config.Diagnostic) {
	r := config.NewReader(nil)
	general := r.Section(f.Section("general"))
	s := &Settings{timeout: time.Duration(general.Int("timeout_secs", 180, 0, 1<<30)) * time.Second,
		agent: general.String("user_agent", defaultAgent), follow: general.Bool("follow_location", true),
		redirects: general.Int("max_redirects", 8, -1, 1<<30),
		most:      int64(general.Int(mostKey, 2048, 1, 1<<30)) << 20}
	s.protocols, s.elsewhere = protocols(general.String("protocols", "")), protocols(general.String("redirect_protocols", ""))
	general.Meaningless("dns_cache_timeout_secs") // the machine's resolver keeps names
	if address := general.String("proxy", ""); address != "" {
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		var err error
		if s.proxy, err = url.Parse(address); err != nil {
			e, _ := f.Section("general").Entry("proxy")
			r.Report(config.Error, e, "write http://host:port", "proxy: %v", err)
			s.proxy = nil
		}
	}
	general.Done()
	return s, r.Diagnostics()
}

func protocols(text string) []string {
	var list []string
	for name := range strings.SplitSeq(strings.ToLower(text), ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, name)
		}
	}
	return list
}

// client is what fetches as the settings say.
func (s *Settings) client() *http.Client {
	t := &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment}
	if s.proxy != nil {
		t.Proxy = http.ProxyURL(s.proxy)
	}
	return &http.Client{Transport: t, Timeout: s.timeout, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		switch {
		case !s.follow:
			return http.ErrUseLastResponse
		case s.redirects >= 0 && len(via) > s.redirects:
			return fmt.Errorf("more than %d redirects", s.redirects)
		}
		return allowed(s.elsewhere, r.URL.Scheme)
	}}
}

// allowed refuses a protocol that is not among those listed.
func allowed(list []string, scheme string) error {
	if len(list) == 0 && (scheme == "http" || scheme == "https") || slices.Contains(list, scheme) {
		return nil
	}
	return fmt.Errorf("the protocol %s is not allowed", scheme)
}
