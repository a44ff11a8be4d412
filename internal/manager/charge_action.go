package manager

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// What AOCMessage knows, in the words of the reference.
var (
	multipliers  = []string{"OneThousandth", "OneHundredth", "OneTenth", "One", "Ten", "Hundred", "Thousand"} // -3 to 3
	timeScales   = []string{"OneHundredthSecond", "OneTenthSecond", "Second", "TenSeconds", "Minute", "Hour", "Day"}
	chargedItems = []string{"NA", "SpecialArrangement", "BasicCommunication", "CallAttempt", "CallSetup", "UserUserInfo", "SupplementaryService"}
	chargeRates  = []string{"NA", "Free", "FreeFromBeginning", "Duration", "Flat", "Volume", "SpecialCode"}
)

// longestCurrency is how many bytes of a currency's name are kept.
const longestCurrency = 10

// advise is AOCMessage: it has a leg told what its call costs.
func (x *Exchange) advise(_ context.Context, r *command.ActionRequest) error {
	name, prefix := r.Get("Channel"), r.Get("ChannelPrefix")
	if name == "" && prefix == "" {
		return command.Refusal("Channel and PartialChannel are not specified. Specify at least one of these.")
	}
	c := x.Calls.Channels.Find(name)
	if c == nil && prefix != "" {
		c = x.Calls.Channels.FindPrefix(prefix)
	}
	if c == nil {
		return errNoChannel
	}
	charge, err := readCharge(r)
	if err != nil {
		return err
	}
	if x.Charged != nil {
		x.Charged(c, charge)
	}
	_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.Charge, Value: charge})
	r.Reply("Success", "AOC Message successfully queued on channel")
	return nil
}

func readCharge(r *command.ActionRequest) (*channel.Charge, error) {
	charge := &channel.Charge{Subtotal: strings.EqualFold(r.Get("TotalType"), "SubTotal")}
	var err error
	switch kind := strings.ToUpper(r.Get("MsgType")); kind {
	case "D", "E":
		charge.Kind = kind[0]
		charge.Cost, err = readCost(r.Get)
	case "S":
		charge.Kind = 'S'
		charge.Items, err = readItems(r.Lines())
	default:
		err = command.Refusal("Invalid MsgType")
	}
	return charge, err
}

func readCost(get func(string) string) (cost channel.Cost, err error) {
	switch kind := get("ChargeType"); {
	case kind == "":
		return cost, command.Refusal("ChargeType not specified")
	case strings.EqualFold(kind, "NA"):
	case strings.EqualFold(kind, "Free"):
		cost.Kind = channel.CostFree
	case strings.EqualFold(kind, "Unit"):
		cost.Kind = channel.CostUnits
		if _, no := strconv.ParseUint(get("UnitAmount(0)"), 10, 32); no == nil {
			cost.Units = get("UnitAmount(0)")
		}
	case strings.EqualFold(kind, "Currency"):
		cost.Kind = channel.CostMoney
		cost.Price, err = readPrice(get, "ChargeType is Currency")
	default:
		return cost, command.Refusal("Invalid ChargeType")
	}
	return cost, err
}

func readPrice(get func(string) string, when string) (p channel.Price, err error) {
	amount, err := strconv.ParseUint(get("CurrencyAmount"), 10, 32)
	if err != nil {
		return p, command.Refusal("Invalid CurrencyAmount, CurrencyAmount is a required when " + when)
	}
	multiplier := get("CurrencyMultiplier")
	at := indexFold(multipliers, multiplier)
	switch {
	case multiplier == "":
		return p, command.Refusal("ChargeMultiplier unspecified, ChargeMultiplier is required when ChargeType is Currency.")
	case at < 0:
		return p, command.Refusal("Invalid ChargeMultiplier")
	}
	p = channel.Price{Currency: get("CurrencyName"), Amount: uint32(amount), Exponent: at - 3}
	p.Currency = p.Currency[:min(len(p.Currency), longestCurrency)]
	return p, nil
}

func indexFold(list []string, word string) int {
	return slices.IndexFunc(list, func(w string) bool { return strings.EqualFold(w, word) })
}

// readItems reads the items of a message of the setup. Each begins with ChargedItem.
func readItems(lines []command.Field) (items []channel.ChargedItem, err error) {
	var item fields
	add := func() error {
		if item == nil {
			return nil
		}
		one, err := readItem(item.get)
		items = append(items, one)
		return err
	}
	for _, l := range lines {
		if strings.EqualFold(l.Key, "ChargedItem") {
			if err := add(); err != nil {
				return nil, err
			}
			item = fields{}
		}
		if item != nil {
			item = append(item, l)
		}
	}
	return items, add()
}

func readItem(get func(string) string) (item channel.ChargedItem, err error) {
	what, rate := indexFold(chargedItems, get("ChargedItem")), indexFold(chargeRates, get("RateType"))
	switch {
	case what < 0:
		return item, command.Refusal("Invalid ChargedItem")
	case get("RateType") == "":
		return item, command.Refusal("RateType not specified")
	case rate < 0:
		return item, command.Refusal("Invalid RateType")
	}
	item.Item, item.Rate = chargedItems[what], chargeRates[rate]
	switch item.Rate {
	case "Duration", "Flat", "Volume", "SpecialCode":
		if item.Price, err = readPrice(get, "RateType is non-free"); err != nil {
			return item, err
		}
	}
	scale := indexFold(timeScales, get("TimeScale"))
	switch {
	case item.Rate == "Duration" && get("TimeScale") == "":
		return item, command.Refusal("TimeScale unspecified, TimeScale is required when RateType is Duration.")
	case item.Rate == "Duration" && scale < 0:
		return item, command.Refusal("Invalid TimeScale")
	case item.Rate == "Duration":
		n, _ := strconv.ParseUint(get("Time"), 10, 32)
		item.Time, item.Scale, item.Steps = uint32(n), timeScales[scale], strings.EqualFold(get("ChargingType"), "StepFunction")
	case item.Rate == "Volume" && get("VolumeUnit") == "":
		return item, command.Refusal("VolumeUnit unspecified, VolumeUnit is required when RateType is Volume.")
	case item.Rate == "Volume": // the reference takes none
		return item, command.Refusal("Invalid VolumeUnit")
	}
	if item.Item == "SpecialArrangement" || item.Rate == "SpecialCode" {
		if _, no := strconv.ParseUint(get("Code"), 10, 32); no != nil {
			return item, command.Refusal("Invalid Code, Code is a required when ChargedItem is SpecialArrangement and when RateType is SpecialCode")
		}
	}
	return item, nil
}
