package channel

import "fmt"

// A Charge is what a leg's far end is told about the price of its call (ETSI EN 300
// 182, ETSI TS 183 047): the Value of a frame with the signal media.Charge.
type Charge struct {
	// Kind is when it is told: 'S' at the setup, 'D' during, 'E' at the end of the call.
	Kind byte
	// Of 'D' and 'E': what it has cost.
	Cost Cost
	// Subtotal says of 'D' that more is to come.
	Subtotal bool
	// Items of 'S' are what things will cost.
	Items []ChargedItem
}

// Cost is an amount of money or of units.
type Cost struct {
	Kind  CostKind
	Price Price
	Units string // the number of units, or empty
}

// CostKind is what kind of amount a Cost is.
type CostKind uint8

// The kinds of amounts.
const (
	CostUnknown CostKind = iota
	CostFree
	CostMoney
	CostUnits
)

// Price is an amount of money: Amount times ten to the power of Exponent.
type Price struct {
	Currency string
	Amount   uint32
	Exponent int // -3 to 3
}

// ChargedItem is what one thing costs.
type ChargedItem struct {
	Item, Rate string // in AMI's words: "BasicCommunication", "Flat"
	Price      Price
	Time       uint32 // of Duration: for how many of Scale the price is
	Scale      string // in AMI's words: "Minute"
	Steps      bool   // the price is that of a step begun
}

// String is the charge on one line, for logs.
func (c *Charge) String() string {
	text := "AOC-" + string(c.Kind) + ":"
	if c.Kind != 'S' {
		text += " " + c.Cost.String()
		if c.Subtotal {
			text += " so far"
		}
		return text
	}
	for i, item := range c.Items {
		if i > 0 {
			text += ";"
		}
		text += fmt.Sprintf(" %s %s", item.Item, item.Rate)
		if item.Price.Currency != "" || item.Price.Amount != 0 {
			text += " " + item.Price.String()
		}
		if item.Rate == "Duration" {
			text += fmt.Sprintf(" for %d %s", item.Time, item.Scale)
		}
	}
	return text
}

// String is the amount for logs.
func (c Cost) String() string {
	switch c.Kind {
	case CostFree:
		return "free"
	case CostMoney:
		return c.Price.String()
	case CostUnits:
		return c.Units + " units"
	}
	return "unknown"
}

// String is the amount for logs: "EUR 5e-2".
func (p Price) String() string { return fmt.Sprintf("%s %de%d", p.Currency, p.Amount, p.Exponent) }
