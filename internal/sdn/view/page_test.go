package view

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The page in a real browser: what it draws, live rates and events.
func TestPageInABrowser(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("there is no chromium")
	}
	h := open(t)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(400, 800)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Navigate(h.server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	seen := func(what, script string) {
		t.Helper()
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise((done) => {
			const look = () => (`+script+`) ? done(true) : setTimeout(look, 50);
			look();
			setTimeout(() => done(false), 20000);
		})`, chromedp.EvalAwaitPromise))
		if err != nil || !ok {
			text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
			t.Fatalf("not seen: %s, %v\n%s", what, err, text)
		}
	}
	seen("both switches, of which one is away", `document.querySelector('[data-dp=sw1].switch:not(.away)') && document.querySelector('[data-dp=sw2].switch.away')`)
	seen("a port with a link and one without", `document.querySelector('[data-port="sw1/1"].port.up') && document.querySelector('[data-port="sw1/2"].port:not(.up)')`)
	seen("the rates of the port that carries something", `/^sw1\s1\s1?[0-9.]+k?/.test(document.querySelector('#rates [data-port="sw1/1"]')?.innerText ?? '') && !document.querySelector('#rates [data-port="sw1/2"]')`)
	seen("the table of ports", `document.querySelector('#table').innerText.includes('the door')`)
	seen("headings that stand as their columns do", `['#table', '#rates'].every((t) => {
		const [heads, cells] = ['thead th', 'tbody tr:first-child td'].map((q) => [...document.querySelectorAll(t + ' ' + q)].map((e) => getComputedStyle(e).textAlign));
		return heads.includes('right') && heads.join() === cells.join();
	})`)
	seen("a page no wider than a telephone", `document.documentElement.scrollWidth <= 400`)
	seen("its icon", `fetch('icon.svg').then((r) => window.icon = r.ok), window.icon && document.querySelector('link[rel=icon]').href.endsWith('/icon.svg')`)
	seen("that nothing has happened", `document.querySelector('#no-events').innerText.includes('Nothing has happened')`)
	choose := func(tab string) {
		t.Helper()
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`[...document.querySelectorAll('#tabs button')].find((b) => b.textContent === '`+tab+`').click() || true`)); err != nil {
			t.Fatal(err)
		}
	}
	for tab, why := range map[string]string{"hosts": "No host has been seen yet", "bgp": "no router of the configuration has a section bgp", "stack": "no port of the configuration has a section stack"} {
		choose(tab)
		seen("why there is nothing at "+tab, `document.querySelector('#no-rows').innerText.includes('`+why+`') && document.querySelector('#table').innerText.trim() === ''`)
	}
	choose("flows")
	seen("no such reason where there are rows", `document.querySelector('#no-rows').innerText === ''`)
	seen("the table of flows", `document.querySelector('#table').innerText.includes('priority=5,dl_vlan=100')`)
	h.events.Heartbeat(50*time.Millisecond, ctx.Done())
	seen("events", `document.querySelector('#events').innerText.includes('EVENT_SOCK_HEARTBEAT')`)
}

// Rates are told as server-sent events, to several readers, from what the switch has
// counted since the last look.
func TestRatesAreTold(t *testing.T) {
	h := open(t)
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		request, _ := http.NewRequestWithContext(ctx, http.MethodGet, h.server.URL+"/api/rates", nil)
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if kind := reply.Header.Get("Content-Type"); kind != "text/event-stream" {
			t.Errorf("it is %s", kind)
		}
		lines := bufio.NewScanner(reply.Body)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var list []Rate
			if err := json.Unmarshal([]byte(data), &list); err != nil {
				t.Fatal(err)
			}
			// 1250 bytes come with each look, of which there is one a second.
			if len(list) != 1 || list[0].Port != 1 || list[0].RxBits < 2500 || list[0].RxBits > 30000 || list[0].TxBits != 0 {
				t.Errorf("got %s", data)
			}
			break
		}
		if err := lines.Err(); err != nil {
			t.Error(err)
		}
		cancel()
		reply.Body.Close()
	}
}

func TestRatesOfACounterThatBeginsAnew(t *testing.T) {
	now := []Port{{DP: "sw1", Number: 1, Up: true, RxBytes: 10, TxBytes: 300}, {DP: "sw1", Number: 2, Up: true}, {DP: "sw1", Number: 3}}
	got := rates(map[string]Port{"sw1 1": {RxBytes: 1000, TxBytes: 100}, "sw1 3": {}}, now, 2*time.Second)
	if len(got) != 1 || got[0].RxBits != 0 || got[0].TxBits != 800 {
		t.Errorf("got %+v", got)
	}
}
