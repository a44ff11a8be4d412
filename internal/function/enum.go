package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/sip"
)

// enums are the functions that find addresses of telephone numbers in the DNS (RFC 6116).
func (h *House) enums() []Function {
	return []Function{
		full("ENUMLOOKUP", "func_enum", "The address that the DNS has for a number", "number[,method-type[,options[,record#[,zone-suffix]]]]", h.enumLookup, nil),
		full("ENUMQUERY", "func_enum", "Ask for the addresses of a number, and keep what is answered for ENUMRESULT", "number[,method-type[,zone-suffix]]", h.enumQuery, nil),
		full("ENUMRESULT", "func_enum", "An address that ENUMQUERY found", "id,resultnum", enumResult, nil),
	}
}

// enumZone is where numbers are looked for when nothing else is said.
const enumZone = "e164.arpa"

// enumMost bounds how many answers a leg keeps.
const enumMost = 64

// enumDomain is the name of a number in a zone: its digits, the last one first.
func enumDomain(number, zone string) string {
	var name strings.Builder
	for i := len(number) - 1; i >= 0; i-- {
		if number[i] >= '0' && number[i] <= '9' {
			name.WriteString(number[i:i+1] + ".")
		}
	}
	return name.String() + cmp.Or(zone, enumZone)
}

// addresses asks for those of a number whose service is of a method, in the order in which
// they are to be tried. The method ALL is every one.
func (h *House) addresses(ctx context.Context, number, method, zone string) ([]string, error) {
	if h.Pointers == nil {
		return nil, errors.New("there is no name server")
	}
	records, err := h.Pointers(ctx, enumDomain(number, zone))
	if err != nil {
		return nil, err
	}
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b sip.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	method = cmp.Or(method, "sip")
	digits := "+" + strings.TrimLeft(number, "+")
	var list []string
	for _, r := range records {
		if len(list) == enumMost || !strings.EqualFold(r.Flags, "u") || !enumService(r.Service, method) {
			continue
		}
		if uri, ok := rewrite(r.Regexp, digits); ok {
			list = append(list, uri)
		}
	}
	return list, nil
}

// enumService tells whether a service field, "E2U+sip" or "E2U+email:mailto+sip", is of a method.
func enumService(field, method string) bool {
	kinds := strings.Split(strings.ToLower(field), "+")
	if !slices.Contains(kinds, "e2u") {
		return false
	}
	return strings.EqualFold(method, "ALL") || slices.ContainsFunc(kinds, func(kind string) bool {
		kind, _, _ = strings.Cut(kind, ":")
		return strings.EqualFold(kind, method)
	})
}

// backReference is \1 in the replacement of a NAPTR record.
var backReference = regexp.MustCompile(`\\([1-9])`)

// rewrite applies the regular expression of a NAPTR record (RFC 3402 §3.2) to a number.
func rewrite(text, number string) (string, bool) {
	if len(text) < 3 {
		return "", false
	}
	parts := strings.Split(text[1:], text[:1])
	if len(parts) != 3 {
		return "", false
	}
	expression := parts[0]
	if strings.Contains(parts[2], "i") {
		expression = "(?i)" + expression
	}
	find, err := regexp.Compile(expression)
	if err != nil {
		return "", false
	}
	at := find.FindStringSubmatchIndex(number)
	if at == nil {
		return "", false
	}
	replacement := backReference.ReplaceAllString(strings.ReplaceAll(parts[1], "$", "$$"), "$${$1}")
	return string(find.ExpandString(nil, replacement, number, at)), true
}

func (h *House) enumLookup(ctx context.Context, _ *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 5)
	number, method, options := command.Arg(parts, 0), command.Arg(parts, 1), command.Arg(parts, 2)
	if number == "" {
		return "", fmt.Errorf("%w: ENUMLOOKUP(number[,method-type[,options[,record#[,zone-suffix]]]])", errArgs)
	}
	list, err := h.addresses(ctx, number, method, command.Arg(parts, 4))
	if err != nil {
		return "", nil //nolint:nilerr // a number that is not there has no address
	}
	if strings.Contains(options, "c") {
		return strconv.Itoa(len(list)), nil
	}
	record := 1
	if text := command.Arg(parts, 3); text != "" {
		if record, err = strconv.Atoi(text); err != nil || record < 1 {
			return "", fmt.Errorf("ENUMLOOKUP: %q is no number of a record", text)
		}
	}
	if record > len(list) {
		return "", nil
	}
	return enumText(list[record-1], method, strings.Contains(options, "u")), nil
}

// enumText is an address without its scheme, unless the whole is wanted, or the method says
// nothing of it.
func enumText(uri, method string, whole bool) string {
	if whole || strings.EqualFold(method, "ALL") {
		return uri
	}
	if _, rest, ok := strings.Cut(uri, ":"); ok {
		return rest
	}
	return uri
}

type enumKey string

// enumAnswer is what ENUMQUERY found: addresses, or that there was no answer.
type enumAnswer struct {
	list   []string
	method string
	failed bool
}

type enumCount struct{}

func (h *House) enumQuery(ctx context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	parts := command.SplitArgs(args, 3)
	if command.Arg(parts, 0) == "" {
		return "", fmt.Errorf("%w: ENUMQUERY(number[,method-type[,zone-suffix]])", errArgs)
	}
	next, _ := c.Value(enumCount{}).(int)
	list, err := h.addresses(ctx, parts[0], command.Arg(parts, 1), command.Arg(parts, 2))
	c.SetValue(enumCount{}, next+1)
	c.SetValue(enumKey(strconv.Itoa(next)), enumAnswer{list: list, method: command.Arg(parts, 1), failed: err != nil})
	return strconv.Itoa(next), nil
}

func enumResult(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	parts := command.SplitArgs(args, 2)
	id, which := command.Arg(parts, 0), command.Arg(parts, 1)
	if id == "" || which == "" {
		return "", fmt.Errorf("%w: ENUMRESULT(id,resultnum)", errArgs)
	}
	found, ok := c.Value(enumKey(id)).(enumAnswer)
	if !ok {
		return "", fmt.Errorf("ENUMRESULT: there is no query %q", id)
	}
	if strings.EqualFold(which, "getnum") {
		if found.failed {
			return "-1", nil
		}
		return strconv.Itoa(len(found.list)), nil
	}
	n, err := strconv.Atoi(which)
	if err != nil || n < 1 {
		return "", fmt.Errorf("ENUMRESULT: %q is no number of a result", which)
	}
	if n > len(found.list) {
		return "", nil
	}
	return enumText(found.list[n-1], found.method, false), nil
}
