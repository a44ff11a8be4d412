package exchange

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/facts/compatibility"
	"github.com/octothorpe/octothorpe/internal/phone"
)

// optionCommands is "config show help": the options of configuration files, by the modules
// whose they are on Asterisk and the kinds of sections.
func (x *Exchange) optionCommands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "config show help", Syntax: "config show help [<module> [<type> [<option>]]]",
		Synopsis:    "Show the options of configuration files",
		Description: "Without arguments the modules are listed, with a module the kinds of its\nsections, with such a <type> its options."},
		Run: func(_ context.Context, r *command.ConsoleRequest) error { return x.showOptions(r) }, Complete: optionWords}}
}

// optionTypes are the kinds of sections, with their options, by the module.
func optionTypes() map[string]map[string][]facts.Option {
	all := map[string]map[string][]facts.Option{}
	for _, o := range facts.AllOptions() {
		module := optionOwner(o)
		if all[module] == nil {
			all[module] = map[string][]facts.Option{}
		}
		all[module][o.Object] = append(all[module][o.Object], o)
	}
	return all
}

// optionOwner is the module of an option. Of pjsip.conf not all are one module's.
func optionOwner(o facts.Option) string {
	owners := map[string]string{"registration": "res_pjsip_outbound_registration", "identify": "res_pjsip_endpoint_identifier_ip", "acl": "res_pjsip_acl",
		"outbound-publish": "res_pjsip_outbound_publish", "asterisk-publication": "res_pjsip_publish_asterisk", "inbound-publication": "res_pjsip_pubsub",
		"resource_list": "res_pjsip_pubsub", "subscription_persistence": "res_pjsip_pubsub", "phoneprov": "res_pjsip_phoneprov_provider"}
	if owner := owners[o.Object]; owner != "" && o.File == "pjsip.conf" {
		return owner
	}
	return ownerOf(o.File)
}

// optionWords completes them.
func optionWords(args []string, _ string) []string {
	all := optionTypes()
	switch len(args) {
	case 0:
		return slices.Collect(maps.Keys(all))
	case 1:
		return slices.Collect(maps.Keys(all[args[0]]))
	case 2:
		var list []string
		for _, o := range all[args[0]][args[1]] {
			list = append(list, o.Name)
		}
		return list
	}
	return nil
}

func (x *Exchange) showOptions(r *command.ConsoleRequest) error {
	if len(r.Args) > 3 {
		return &command.UsageError{}
	}
	const line = "%-25s -- %s\n"
	all, phones := optionTypes(), phone.Options()
	module, kind, name := command.Arg(r.Args, 0), command.Arg(r.Args, 1), command.Arg(r.Args, 2)
	types, options := all[module], all[module][kind]
	switch {
	case module == "":
		fmt.Fprint(r.Out, "The following modules have configuration information:\n")
		for _, module := range slices.Sorted(maps.Keys(all)) {
			fmt.Fprintf(r.Out, "\t%s\n", module)
		}
	case types == nil:
		fmt.Fprintf(r.Out, "Module %s not found or has no options that are known.\n", module)
	case kind == "":
		fmt.Fprintf(r.Out, "%s\n\nConfiguration option types for %s:\n", orText(x.modules.about(module), module), module)
		for _, kind := range slices.Sorted(maps.Keys(types)) {
			fmt.Fprintf(r.Out, line, kind, "a section of "+types[kind][0].File)
		}
	case options == nil:
		fmt.Fprintf(r.Out, "Unknown configuration type %s\n", kind)
	case name == "":
		fmt.Fprintf(r.Out, "\n  -= Info about Config Object '%s:%s' =- \n\n[Synopsis]\na section of %s\n\n[Config Options]\n", module, kind, options[0].File)
		for _, o := range options {
			fmt.Fprintf(r.Out, line, o.Name, aboutOption(phones, o))
		}
	default:
		showOption(r, phones, module, options, name)
	}
	return nil
}

func showOption(r *command.ConsoleRequest, phones []compatibility.Option, module string, options []facts.Option, name string) {
	i := slices.IndexFunc(options, func(o facts.Option) bool { return strings.EqualFold(o.Name, name) })
	if i < 0 {
		fmt.Fprintf(r.Out, "No option %s found for %s:%s\n", name, module, options[0].Object)
		return
	}
	o := options[i]
	fmt.Fprintf(r.Out, "\n  -= Info about Config Option '%s:%s:%s' =- \n\n[Synopsis]\n%s\n\n[Syntax]\n%s = (Default: %s)\n\n",
		module, o.Object, o.Name, aboutOption(phones, o), o.Name, orText(o.Default, "n/a"))
}

// aboutOption says in a few words what there is to say of an option: what it is where nobody
// sets it, and of phones what becomes of it.
func aboutOption(phones []compatibility.Option, o facts.Option) string {
	about := "in " + o.File
	if o.Default != "" {
		about += ", by default " + o.Default
	}
	if o.File != "pjsip.conf" && o.File != "sip.conf" {
		return about
	}
	i := slices.IndexFunc(phones, func(p compatibility.Option) bool {
		return p.File == o.File && p.Object == o.Object && strings.EqualFold(p.Name, o.Name)
	})
	switch {
	case i < 0:
		return about + "; not known here"
	case phones[i].Honoured:
		return about
	}
	return about + "; without effect" + strings.TrimSuffix(": "+phones[i].Idle, ": ")
}
