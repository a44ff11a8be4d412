package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
	"github.com/rogpeppe/go-internal/txtar"
)

// Charges are told word for word as the reference tells them.
func TestChargeText(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/charges.txtar")
	if err != nil {
		t.Fatal(err)
	}
	eur := channel.Price{Currency: "EUR", Amount: 250, Exponent: -2}
	cost := func(kind byte, c channel.Cost) channel.Charge { return channel.Charge{Kind: kind, Cost: c} }
	items := func(list ...channel.ChargedItem) channel.Charge { return channel.Charge{Kind: 'S', Items: list} }
	subtotal := cost('D', channel.Cost{Kind: channel.CostMoney, Price: channel.Price{Currency: "EUR", Amount: 314, Exponent: -3}})
	free, units := cost('D', channel.Cost{Kind: channel.CostFree}), cost('D', channel.Cost{Kind: channel.CostUnits, Units: "5"})
	subtotal.Subtotal, free.Subtotal, units.Subtotal = true, true, true
	cases := map[string]channel.Charge{
		"money":              cost('D', channel.Cost{Kind: channel.CostMoney, Price: eur}),
		"round money":        cost('D', channel.Cost{Kind: channel.CostMoney, Price: channel.Price{Amount: 7, Exponent: 2}}),
		"steps":              items(channel.ChargedItem{Item: "BasicCommunication", Rate: "Duration", Price: eur, Time: 10, Scale: "OneHundredthSecond", Steps: true}),
		"unnamed item":       items(channel.ChargedItem{Item: "SpecialArrangement", Rate: "SpecialCode", Price: eur}),
		"attempt":            items(channel.ChargedItem{Item: "CallAttempt", Rate: "Flat", Price: eur}),
		"free attempt":       items(channel.ChargedItem{Item: "CallAttempt", Rate: "Free"}),
		"attempt by time":    items(channel.ChargedItem{Item: "CallAttempt", Rate: "Duration", Price: eur, Time: 10, Scale: "Second"}),
		"two items":          items(channel.ChargedItem{Item: "BasicCommunication", Rate: "Free"}, channel.ChargedItem{Item: "BasicCommunication", Rate: "Flat", Price: eur}),
		"subtotal":           subtotal,
		"free":               free,
		"unknown":            cost('D', channel.Cost{}),
		"units":              units,
		"units of no number": cost('D', channel.Cost{Kind: channel.CostUnits}),
		"end":                cost('E', channel.Cost{Kind: channel.CostUnits, Units: "5"}),
	}
	if len(archive.Files) != len(cases) {
		t.Errorf("%d texts for %d cases", len(archive.Files), len(cases))
	}
	for _, f := range archive.Files {
		c, ok := cases[f.Name]
		if got := chargeText(&c); !ok || got != string(f.Data) {
			t.Errorf("%s: got\n%swant\n%s", f.Name, got, f.Data)
		}
	}
}

// What a call costs is told with its answer, within it, and with its end.
func TestChargeOnTheWire(t *testing.T) {
	d, legs := exchanging(t, PJSIP, strings.Replace(callPJSIP, "context=incoming", "context=incoming\nsend_aoc=yes", 1))
	p := newSoftphone(t, d)
	p.invite("1", "trunk")
	c := ended(t, <-legs)
	told := func(charge channel.Charge) {
		t.Helper()
		if err := c.Indicate(media.Frame{Kind: media.Control, Signal: media.Charge, Value: &charge}); err != nil {
			t.Fatal(err)
		}
	}
	told(channel.Charge{Kind: 'S', Items: []channel.ChargedItem{{Item: "CallSetup", Rate: "Free"}}})
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.until(200)
	if kind, body := ok.Get("Content-Type"), string(ok.Body); !strings.HasPrefix(kind, "multipart/mixed;boundary=") ||
		!strings.Contains(body, "m=audio") || !strings.Contains(body, "<communication-setup>\n    <free-charge />") {
		t.Errorf("answered with %s\n%s", kind, body)
	}
	p.numbered(ok, sip.Ack, 1, "")
	told(channel.Charge{Kind: 'D', Subtotal: true, Cost: channel.Cost{Kind: channel.CostFree}})
	m := p.asked(sip.Info)
	if m.Get("Content-Type") != chargeType || !strings.Contains(string(m.Body), "subtotal") {
		t.Errorf("the phone is told\n%s", m)
	}
	p.answer(m, 200, "X: y")
	p.within(ok, sip.Bye)
	if r := p.response(); r.Get("Content-Type") != chargeType || !strings.Contains(string(r.Body), "<charging-info>total</charging-info>") {
		t.Errorf("the answer to BYE is\n%s", r)
	}
}
