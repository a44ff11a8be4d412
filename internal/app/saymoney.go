package app

import (
	"context"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// moneyPrompts are the prompts of an amount in dollars, as the reference has
// them in every language. Of what follows the point two figures count, and are
// taken for a number: 4.1 is four dollars and one cent. Less than a dollar is
// cents alone, and so are the cents of a debt.
func moneyPrompts(text string, number func(int) []string) []string {
	text = strings.TrimLeft(text, " ")
	whole, fraction, _ := strings.Cut(text, ".")
	dollars := leading(whole)
	cents := leading(fraction[:min(2, len(fraction))])
	if leadingLength(whole) < len(whole) { // the number ends before the point
		cents = 0
	}
	var names []string
	if dollars > 0 {
		names = number(dollars)
		switch {
		case dollars > 1:
			names = append(names, "dollars")
		case cents > 0:
			names = append(names, "letters/dollar_")
		default:
			names = append(names, "letters/dollar")
		}
		if cents > 0 {
			names = append(names, "and")
		}
	}
	if cents > 0 || dollars == 0 {
		names = append(names, number(cents)...)
		if cents == 1 {
			return append(names, "cent")
		}
		return append(names, "cents")
	}
	return names
}

func leadingLength(text string) int {
	n := 0
	for n < len(text) && (text[n] >= '0' && text[n] <= '9' || n == 0 && (text[n] == '-' || text[n] == '+')) {
		n++
	}
	return n
}

// leading is the number with which a text begins, or 0.
func leading(text string) int {
	n, _ := strconv.Atoi(text[:leadingLength(text)])
	return n
}

func (h *House) sayMoney(ctx context.Context, c *channel.Channel, data string) error {
	if data == "" {
		h.Logger.Warn("SayMoney requires an argument (dollars)", "channel", c.Name())
		return ErrHangup
	}
	language := c.Snapshot().Language
	return h.speak(ctx, c, moneyPrompts(data, func(n int) []string { return h.Speech.Number(n, language, "") }), false)
}
