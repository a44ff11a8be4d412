package exchange

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

var (
	figureLine = regexp.MustCompile(`^(asterisk_\w+)\{(.*)\} \S+$`)
	labelOf    = regexp.MustCompile(`(\w+)="`)
)

// outlines are the names of Asterisk's figures with their kinds, and with their labels.
func outlines(text string) (list []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := figureLine.FindStringSubmatch(line); m != nil {
			var labels []string
			for _, l := range labelOf.FindAllStringSubmatch(m[2], -1) {
				labels = append(labels, l[1])
			}
			slices.Sort(labels)
			list = append(list, m[1]+" "+strings.Join(labels, ","))
		} else if strings.HasPrefix(line, "# TYPE asterisk_") {
			list = append(list, line)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// fetch asks the exchange's HTTP server.
func (k *trial) fetch(path, user, password string) (*http.Response, string) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, "http://"+k.httpAddress()+path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	if user != "" {
		r.SetBasicAuth(user, password)
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return answer, string(body)
}

func TestFiguresAreAsterisks(t *testing.T) {
	k := prepareTrial(t, "[house]\nexten => 100,1,Answer()\n same => n,Wait(60)\nexten => 200,1,Answer()\n same => n,BridgeWait()\n")
	k.write("http.conf", "[general]\nenabled=yes\nbindaddr="+loopback+"\nbindport=0\n")
	k.write("prometheus.conf", "[general]\nenabled=yes\nuri=figures\nauth_username=scraper\nauth_password=open\nauth_realm=Our \"realm\"\n")
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	if said := k.execute("prometheus show status"); !strings.Contains(said, "\tURI: figures\n\tBasic Auth: Yes\n\tLast Scrape Time: (N/A)\n") {
		t.Errorf("before the first scrape: %s", said)
	}
	k.execute("channel originate Local/100@house/n extension 200@house")
	k.eventually("a leg in a bridge", func() bool { return len(k.bridges.All()) == 1 && len(k.bridges.All()[0].Channels()) == 1 })
	for _, path := range []string{"/figures", ownFiguresPath} { // who may see them is the same for both
		if answer, _ := k.fetch(path, "scraper", "wrong"); answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("WWW-Authenticate") != `Basic realm="Our \"realm\""` {
			t.Errorf("%s with the wrong password: %s %v", path, answer.Status, answer.Header)
		}
	}
	k.fetch("/figures", "scraper", "open") // tells of the one before
	_, got := k.fetch("/figures", "scraper", "open")
	want, err := os.ReadFile("testdata/prometheus-22.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outlines(got), outlines(string(want)); !slices.Equal(got, want) {
		t.Errorf("figures:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, want := range []string{`,name="Local/100@house-00000000;1",type="Local"} 6`, `subclass="base",tech="holding_bridge"} 1`} {
		if !strings.Contains(got, want) {
			t.Errorf("no figure has %s", want)
		}
	}
	if said := k.execute("prometheus show metrics"); !slices.Equal(outlines(said), outlines(got)) {
		t.Errorf("the console shows %s", said)
	}
	k.write("prometheus.conf", "[general]\nenabled=no\n")
	k.execute("module reload res_prometheus")
	if answer, _ := k.fetch("/figures", "", ""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("figures that are not wanted any more: %s", answer.Status)
	}
	if _, text := k.fetch(ownFiguresPath, "", ""); !strings.Contains(text, "\nasterisk_channels_count 2\n") {
		t.Errorf("without prometheus.conf: %s", text)
	}
}

func TestHalfAPasswordServesNoFigures(t *testing.T) {
	f, err := config.Parse(prometheusFile, []byte("[general]\nenabled=yes\nauth_username=me\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s, problems := readFigures(f); s.enabled || len(problems) != 1 || problems[0].Severity != config.Error {
		t.Errorf("settings %+v, problems %v", s, problems)
	}
}
