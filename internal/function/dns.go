package function

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// names are the functions that ask name servers.
func (h *House) nameFunctions() []Function {
	return []Function{
		full("SRVQUERY", "func_srv", "Ask for the servers of a service, and keep what is answered for SRVRESULT", "service", h.srvQuery, nil),
		full("SRVRESULT", "func_srv", "A server that SRVQUERY found", "id,resultnum[,field]", h.srvResult, nil),
		full("TXTCIDNAME", "func_enum", "The name that the DNS has for a number", "number[,zone-suffix]", h.txtName, nil),
	}
}

// resolver is the one to ask.
func (h *House) resolver() *net.Resolver {
	if h.Names != nil {
		return h.Names
	}
	return net.DefaultResolver
}

type srvKey string

func (h *House) srvQuery(ctx context.Context, c *channel.Channel, service string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	if service == "" {
		return "", fmt.Errorf("%w: SRVQUERY(service)", errArgs)
	}
	_, list, err := h.resolver().LookupSRV(ctx, "", "", service)
	if err != nil {
		return "", fmt.Errorf("SRVQUERY: %w", err)
	}
	inOrder(list)
	c.SetValue(srvKey(service), list)
	return service, nil
}

// inOrder sorts servers as they are to be tried (RFC 2782): by priority, and among
// one priority at random, those of more weight more often first.
func inOrder(list []*net.SRV) {
	rank := map[*net.SRV]float64{}
	for _, s := range list {
		rank[s] = rand.ExpFloat64() / (float64(s.Weight) + 0.001)
	}
	slices.SortFunc(list, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(rank[a], rank[b]))
	})
}

func (h *House) srvResult(ctx context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	parts := command.SplitArgs(args, 3)
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", fmt.Errorf("%w: SRVRESULT(id,resultnum[,field])", errArgs)
	}
	list, ok := c.Value(srvKey(parts[0])).([]*net.SRV)
	if !ok { // it may be asked without a query before
		if _, err := h.srvQuery(ctx, c, parts[0]); err != nil {
			return "", err
		}
		list, _ = c.Value(srvKey(parts[0])).([]*net.SRV)
	}
	if strings.EqualFold(parts[1], "getnum") {
		return strconv.Itoa(len(list)), nil
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil || n < 1 || n > len(list) {
		return "", fmt.Errorf("SRVRESULT: there is no result %q of %s", parts[1], parts[0])
	}
	switch s := list[n-1]; strings.ToLower(command.Arg(parts, 2)) {
	case "", "host":
		return strings.TrimSuffix(s.Target, "."), nil
	case "port":
		return strconv.Itoa(int(s.Port)), nil
	case "priority":
		return strconv.Itoa(int(s.Priority)), nil
	case "weight":
		return strconv.Itoa(int(s.Weight)), nil
	}
	return "", fmt.Errorf("SRVRESULT: there is no field %q", parts[2])
}

// txtName asks for the text of a number that is written as ENUM does, the last
// digit first.
func (h *House) txtName(ctx context.Context, _ *channel.Channel, args string) (string, error) {
	number, zone, _ := strings.Cut(args, ",")
	if zone == "" {
		zone = "e164.arpa"
	}
	var name strings.Builder
	for i := len(number) - 1; i >= 0; i-- {
		if number[i] >= '0' && number[i] <= '9' {
			name.WriteString(number[i:i+1] + ".")
		}
	}
	if name.Len() == 0 {
		return "", fmt.Errorf("%w: TXTCIDNAME(number[,zone-suffix])", errArgs)
	}
	texts, err := h.resolver().LookupTXT(ctx, name.String()+zone)
	var unknown *net.DNSError
	switch {
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return "", nil
	case err != nil:
		return "", fmt.Errorf("TXTCIDNAME: %w", err)
	case len(texts) == 0:
		return "", nil
	}
	return texts[0], nil
}
