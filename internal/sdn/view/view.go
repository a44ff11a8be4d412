package view

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
)

// patience is how long a switch has to answer before it is passed over.
const patience = 5 * time.Second

// A View serves what a controller knows.
type View struct {
	c      *control.Controller
	events *control.Events
	log    *slog.Logger
	mux    *http.ServeMux
	meters *meters
}

// New makes one.
func New(c *control.Controller, events *control.Events, log *slog.Logger) *View {
	v := &View{c: c, events: events, log: log, mux: http.NewServeMux()}
	serve(v, "dps", v.dps)
	serve(v, "ports", v.ports)
	serve(v, "hosts", v.hosts)
	serve(v, "vlans", v.vlans)
	serve(v, "routes", v.routes)
	serve(v, "bgp", v.bgp)
	serve(v, "flows", v.flows)
	serve(v, "stack", v.stack)
	v.meters = &meters{ports: v.ports, dps: c.Datapaths, readers: map[chan []byte]bool{}}
	v.mux.HandleFunc("GET /api/trace", v.trace)
	v.mux.HandleFunc("GET /api/plan", v.plan)
	v.mux.HandleFunc("GET /api/rates", v.rates)
	v.mux.Handle("GET /", page())
	v.mux.Handle("GET /favicon.ico", http.RedirectHandler("icon.svg", http.StatusPermanentRedirect)) // of browsers that do not look at the page first
	v.mux.HandleFunc("GET /events", v.tell)
	return v
}

// ServeHTTP implements http.Handler.
func (v *View) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.mux.ServeHTTP(w, r) }

// serve answers GET /api/NAME with what of gives of each switch that is asked for.
// A switch that does not answer is left out, and named in the header Unanswered.
func serve[T any](v *View, name string, of func(context.Context, *config.DP) ([]T, error)) {
	v.mux.HandleFunc("GET /api/"+name, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		list, found := []T{}, false
		for _, dp := range v.c.Datapaths() {
			if wanted := r.FormValue("dp"); wanted != "" && wanted != dp.Name {
				continue
			}
			found = true
			one, err := of(ctx, dp)
			if err != nil {
				v.log.Warn("a switch can not be shown", "datapath", dp.Name, "error", err)
				w.Header().Add("Unanswered", dp.Name)
			}
			list = append(list, one...)
		}
		if !found && r.FormValue("dp") != "" {
			refuse(w, http.StatusNotFound, NoSwitch(v.c.Datapaths(), r.FormValue("dp")))
			return
		}
		answer(w, list)
	})
}

func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(what) // nobody else can be told
}

func refuse(w http.ResponseWriter, code int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// tell is /events: each event is a message of text. Pages of other sites are
// refused (their Origin is not this host).
func (v *View) tell(w http.ResponseWriter, r *http.Request) {
	s := v.events.Subscribe(0) // who has been answered misses nothing
	defer s.Close()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // it was answered
	}
	defer conn.CloseNow()
	ctx := conn.CloseRead(r.Context())
	for {
		select {
		case e, more := <-s.C:
			if !more {
				conn.Close(websocket.StatusGoingAway, "the controller ends")
				return
			}
			writing, cancel := context.WithTimeout(ctx, 30*time.Second)
			err := conn.Write(writing, websocket.MessageText, e.JSON)
			cancel()
			if err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
