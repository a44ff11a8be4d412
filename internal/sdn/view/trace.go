package view

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

// trace is /api/trace: which flows a packet meets that comes by a port. The flows
// are those that the switch is to have now, hosts and routes among them.
func (v *View) trace(w http.ResponseWriter, r *http.Request) {
	dp, port, err := v.wherefrom(r)
	if err != nil {
		refuse(w, http.StatusNotFound, err)
		return
	}
	packet, err := pipeline.ParsePacket(r.FormValue("packet"))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	x, err := v.c.Inspect(ctx, dp)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, err)
		return
	}
	if x.Tables == nil {
		refuse(w, http.StatusConflict, errors.New("the switch has not connected yet: trace with the file, octothorpe sdn trace -c FILE"))
		return
	}
	t := Traced{DP: dp.Name, Port: port, Steps: pipeline.Trace(x.Tables, port, packet)}
	for _, p := range x.Ports {
		t.Up = t.Up || p.Port.Number == port && p.Up
	}
	answer(w, t)
}

// Traced is the way of a packet.
type Traced struct {
	DP    string          `json:"dp"`
	Port  uint32          `json:"port"`
	Up    bool            `json:"up"` // the port has a link: without one nothing comes in
	Steps []pipeline.Step `json:"steps"`
}

// wherefrom is the switch and port of a request; without dp it is the only switch.
func (v *View) wherefrom(r *http.Request) (*config.DP, uint32, error) {
	dp, err := Find(v.c.Datapaths(), r.FormValue("dp"))
	if err != nil {
		return nil, 0, err
	}
	port, err := FindPort(dp, r.FormValue("port"))
	return dp, port, err
}

// Find returns the switch of a name, or without one the only switch.
func Find(list []*config.DP, name string) (*config.DP, error) {
	if name == "" && len(list) == 1 {
		return list[0], nil
	}
	for _, dp := range list {
		if dp.Name == name {
			return dp, nil
		}
	}
	if name == "" {
		return nil, fmt.Errorf("there are several switches: say which with -dp NAME, dp=NAME in a request (%s)", names(list))
	}
	return nil, NoSwitch(list, name)
}

// NoSwitch is the error that there is no switch of a name.
func NoSwitch(list []*config.DP, name string) error {
	return fmt.Errorf("there is no switch %s: there are %s", name, names(list))
}

// names are those of the switches, of many the first ones.
func names(list []*config.DP) string {
	const some = 10
	var all []string
	for _, dp := range list[:min(len(list), some)] {
		all = append(all, dp.Name)
	}
	if more := len(list) - some; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}

// FindPort returns the number of a port, of which the number or the name is given.
func FindPort(dp *config.DP, text string) (uint32, error) {
	for _, p := range dp.Ports {
		if p.Name == text || strconv.FormatUint(uint64(p.Number), 10) == text {
			return p.Number, nil
		}
	}
	return 0, errors.New(dp.Name + " has no port " + strconv.Quote(text))
}
