package event

// Network: Something happened in the network that the exchange drives as well: a switch came, a port went, a host was learnt.
type Network struct {
	ID         uint64 // counts the events of the network, from 1
	DatapathID uint64 // 0: of no switch
	Datapath   string // its name
	What       string // L2_LEARN and the others that Faucet knows
	Fields     []Variable
	JSON       []byte // the whole event as Faucet's socket tells it, a line
}

// Kind implements Event.
func (*Network) Kind() Kind { return KindNetwork }
