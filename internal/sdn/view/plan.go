package view

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

// Planned is one thing that a configuration would do to a switch.
type Planned struct {
	DP   string `json:"dp"`
	What string `json:"what"` // + or - a flow; cold, new or gone: the switch
	Text string `json:"text"` // the flow, as ovs-ofctl prints it, or the tables
}

// String is a line of octothorpe sdn plan.
func (p Planned) String() string {
	switch p.What {
	case "new":
		return p.DP + ": is new"
	case "gone":
		return p.DP + ": is not driven any more"
	case "cold":
		return p.DP + ": cold start: " + p.Text
	}
	return p.DP + ": " + p.What + " " + p.Text
}

// Plan is what the change from old to now does to the flows of the configuration, all
// ports up.
func Plan(old, now *config.Config) []Planned {
	list := []Planned{}
	named := func(c *config.Config, id uint64) *config.DP {
		i := slices.IndexFunc(c.DPs, func(dp *config.DP) bool { return dp.DatapathID() == id })
		if i < 0 {
			return nil
		}
		return c.DPs[i]
	}
	for _, dp := range old.DPs {
		if named(now, dp.DatapathID()) == nil {
			list = append(list, Planned{DP: dp.Name, What: "gone"})
		}
	}
	for _, dp := range now.DPs {
		before := named(old, dp.DatapathID())
		if before == nil {
			list = append(list, Planned{DP: dp.Name, What: "new"})
			continue
		}
		list = append(list, planned(dp.Name, pipeline.Build(before, pipeline.AllUp(before)), pipeline.Build(dp, pipeline.AllUp(dp)))...)
	}
	return list
}

func planned(name string, old, now *pipeline.Tables) (list []Planned) {
	if !slices.Equal(old.Names, now.Names) {
		return []Planned{{name, "cold", fmt.Sprintf("the tables are %v, were %v", now.Names, old.Names)}}
	}
	had, has := map[string]bool{}, map[string]bool{}
	for _, f := range old.Flows {
		had[f.String()] = true
	}
	for _, f := range now.Flows {
		has[f.String()] = true
	}
	for _, f := range old.Flows {
		if !has[f.String()] {
			list = append(list, Planned{name, "-", f.String()})
		}
	}
	for _, f := range now.Flows {
		if !had[f.String()] {
			list = append(list, Planned{name, "+", f.String()})
		}
	}
	return list
}

// plan says what a reload would do now.
func (v *View) plan(w http.ResponseWriter, r *http.Request) {
	old, now, err := v.c.Pending()
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err)
		return
	}
	answer(w, Plan(old, now))
}
