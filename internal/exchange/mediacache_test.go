package exchange

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Applications play what a web server has, which is fetched once for as long as the server
// says, and told on the console.
func TestSoundsOfWebServersArePlayed(t *testing.T) {
	asked := make(chan string, 10)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if r.URL.Path != "/tone.ulaw" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "max-age=1000")
		_, _ = w.Write(bytes.Repeat([]byte{0xff}, 160))
	}))
	defer web.Close()
	k := begin(t, "[house]\nexten => 100,1,Answer()\n same => n,Wait(60)\nexten => 200,1,Playback("+web.URL+"/tone.ulaw)\n"+
		" same => n,Set(GLOBAL(ONE)=${PLAYBACKSTATUS})\n same => n,Playback("+web.URL+"/tone.ulaw)\n same => n,Playback("+web.URL+"/gone.ulaw)\n"+
		" same => n,Set(GLOBAL(TWO)=${PLAYBACKSTATUS})\n")
	defer k.end()
	global := func(name string) string { value, _ := k.engine.Global(name); return value }
	k.execute("channel originate Local/100@house extension 200@house")
	k.eventually("both played", func() bool { return global("TWO") != "" })
	if one, two := global("ONE"), global("TWO"); one != "SUCCESS" || two != "FAILED" {
		t.Errorf("PLAYBACKSTATUS is %s, and %s of a sound that is not there", one, two)
	}
	if first, second := <-asked, <-asked; first != "/tone.ulaw" || second != "/gone.ulaw" || len(asked) > 0 {
		t.Errorf("asked for %s and %s, and %d more", first, second, len(asked))
	}
	if said := k.execute("media cache show " + web.URL + "/tone.ulaw"); !strings.Contains(said, "\n\t       cache-control: max-age=1000 ") {
		t.Errorf("the console shows %s", said)
	}
	if said := k.execute("media cache delete " + web.URL + "/tone.ulaw"); said != "Deleted '"+web.URL+"/tone.ulaw' from the media cache\n" {
		t.Errorf("the console says %q", said)
	}
}
