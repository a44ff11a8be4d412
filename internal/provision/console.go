package provision

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	return []command.Console{{
		Row: command.Row{Name: "phoneprov show routes", Module: Module, Synopsis: "Show what phones can fetch", Syntax: "phoneprov show routes"},
		Run: func(_ context.Context, r *command.ConsoleRequest) error {
			h.showRoutes(r)
			return nil
		}}}
}

func (h *House) showRoutes(r *command.ConsoleRequest) {
	fixed, filled := h.sorted()
	const fixedRow, filledRow = "%-20.20s %-40.40s  %-30.30s\n", "%-20.20s %-20.20s %-40.40s  %-30.30s\n"
	fmt.Fprintf(r.Out, "Static routes\n\n"+fixedRow, "Profile", "Relative URI", "Physical location")
	for _, one := range fixed {
		fmt.Fprintf(r.Out, fixedRow, one.profile, one.uri, one.path)
	}
	fmt.Fprintf(r.Out, "\nDynamic routes\n\n"+filledRow, "Provider", "Profile", "Relative URI", "Template")
	for _, one := range filled {
		fmt.Fprintf(r.Out, filledRow, one.user.provider, one.profile, one.uri, one.path)
	}
}

// sorted are the routes by what is served: files as they are, and templates.
func (h *House) sorted() (fixed, filled []*route) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, one := range h.routes {
		if one.user == nil {
			fixed = append(fixed, one)
		} else {
			filled = append(filled, one)
		}
	}
	for _, list := range [][]*route{fixed, filled} {
		slices.SortFunc(list, func(a, b *route) int { return cmp.Compare(a.uri, b.uri) })
	}
	return fixed, filled
}
