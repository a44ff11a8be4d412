package manager

import (
	"reflect"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// What AOCMessage is given, and how the reference refuses it.
func TestReadCharge(t *testing.T) {
	const money = "&CurrencyAmount=250&CurrencyName=EUR&CurrencyMultiplier=OneHundredth"
	eur := channel.Price{Currency: "EUR", Amount: 250, Exponent: -2}
	for text, want := range map[string]any{
		"MsgType=D&ChargeType=Currency&TotalType=SubTotal" + money: channel.Charge{Kind: 'D', Subtotal: true, Cost: channel.Cost{Kind: channel.CostMoney, Price: eur}},
		"MsgType=E&ChargeType=Unit&UnitAmount(0)=5":                channel.Charge{Kind: 'E', Cost: channel.Cost{Kind: channel.CostUnits, Units: "5"}},
		"MsgType=S&ChargedItem=BasicCommunication&RateType=Duration" + money + "&Time=10&TimeScale=Minute&ChargedItem=CallAttempt&RateType=Free": channel.Charge{Kind: 'S',
			Items: []channel.ChargedItem{{Item: "BasicCommunication", Rate: "Duration", Price: eur, Time: 10, Scale: "Minute"}, {Item: "CallAttempt", Rate: "Free"}}},
		"MsgType=S":                             channel.Charge{Kind: 'S'},
		"MsgType=X&ChargeType=Free":             "Invalid MsgType",
		"MsgType=D":                             "ChargeType not specified",
		"MsgType=D&ChargeType=Q":                "Invalid ChargeType",
		"MsgType=D&ChargeType=Currency":         "Invalid CurrencyAmount, CurrencyAmount is a required when ChargeType is Currency",
		"MsgType=S&ChargedItem=Odd":             "Invalid ChargedItem",
		"MsgType=S&ChargedItem=NA":              "RateType not specified",
		"MsgType=S&ChargedItem=NA&RateType=Odd": "Invalid RateType",
		"MsgType=D&ChargeType=Currency&CurrencyAmount=3&CurrencyMultiplier=Odd":   "Invalid ChargeMultiplier",
		"MsgType=S&ChargedItem=SpecialArrangement&RateType=SpecialCode":           "Invalid CurrencyAmount, CurrencyAmount is a required when RateType is non-free",
		"MsgType=S&ChargedItem=SpecialArrangement&RateType=Flat" + money:          "Invalid Code, Code is a required when ChargedItem is SpecialArrangement and when RateType is SpecialCode",
		"MsgType=S&ChargedItem=BasicCommunication&RateType=Duration" + money:      "TimeScale unspecified, TimeScale is required when RateType is Duration.",
		"MsgType=S&ChargedItem=BasicCommunication&RateType=Volume" + money:        "VolumeUnit unspecified, VolumeUnit is required when RateType is Volume.",
		"MsgType=S&ChargedItem=BasicCommunication&RateType=Flat&CurrencyAmount=3": "ChargeMultiplier unspecified, ChargeMultiplier is required when ChargeType is Currency.",
	} {
		var m fields
		for _, f := range strings.Split(text, "&") {
			key, value, _ := strings.Cut(f, "=")
			m = append(m, command.Field{Key: key, Value: value})
		}
		charge, err := readCharge(&command.ActionRequest{Get: m.get, All: m.all, Lines: func() []command.Field { return m }})
		var got any = err
		if err == nil {
			got = *charge
		} else {
			got = err.Error()
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}
