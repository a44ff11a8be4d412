package app

import "slices"

// Applications returns the table of all applications of this package.
func (h *House) Applications() []Application {
	return slices.Concat(h.flow(), h.dials(), h.playback(), h.reading(), h.talking(), h.say(), h.recordings(), h.control(), h.music(),
		h.telling(), h.systems(), h.waiting(), h.calling(), h.bridging(), h.branches(), h.picking(), h.administers(), h.leftovers(), h.screening(), h.trunking(), h.outward(), h.oddments(),
		h.speaking())
}

// dials are the applications that call.
func (h *House) dials() []Application {
	return []Application{
		{Row: row("Dial", "app_dial", "Call devices and join the first that answers",
			"Dial(device[&device…][,timeout[,options[,URL]]])"), Run: h.dial},
		{Row: row("FollowMe", "app_followme", "Call the numbers of a profile until somebody takes the call", "FollowMe(followmeid[,options])"), Run: h.followMe},
	}
}
