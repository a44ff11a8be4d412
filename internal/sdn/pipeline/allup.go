package pipeline

import "github.com/octothorpe/octothorpe/internal/sdn/config"

// AllUp is the state of a switch of which all ports have a link and nothing is learnt.
func AllUp(dp *config.DP) State {
	s := State{Up: map[uint32]bool{}}
	for _, p := range dp.Ports {
		s.Up[p.Number] = true
	}
	return s
}
