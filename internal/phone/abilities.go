package phone

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// The modules of chan_pjsip that modules.conf may leave out, each with what it is for.
const (
	moduleRegistrar  = "res_pjsip_registrar"
	moduleRefer      = "res_pjsip_refer"
	moduleMessaging  = "res_pjsip_messaging"
	moduleInfo       = "res_pjsip_dtmf_info"
	moduleStates     = "res_pjsip_exten_state"
	moduleMailboxes  = "res_pjsip_mwi"
	moduleElsewhere  = "res_pjsip_outbound_registration"
	moduleReasons    = "res_pjsip_rfc3326"
	moduleDiversions = "res_pjsip_diversion"
	moduleIdentities = "res_pjsip_caller_id"
)

// Abilities are the modules that take something away where they are not loaded.
var Abilities = []string{moduleRegistrar, moduleRefer, moduleMessaging, moduleInfo, moduleStates, moduleMailboxes, moduleElsewhere,
	moduleReasons, moduleDiversions, moduleIdentities}

// abilities are what the modules of chan_pjsip that are loaded make of the face. Without any,
// nil, it is whole.
type abilities struct {
	without                  []string
	allow, supported, accept string
}

// takerOf is the module that takes the requests of a method.
var takerOf = map[string]string{sip.Register: moduleRegistrar, sip.Refer: moduleRefer, sip.MessageM: moduleMessaging, sip.Info: moduleInfo}

// packageOf is the module that takes subscriptions to a package.
var packageOf = map[string]string{eventPresence: moduleStates, eventDialog: moduleStates, eventMWI: moduleMailboxes}

// abilitiesOf are those without the modules that are not loaded; a nil loaded is all.
func abilitiesOf(loaded func(module string) bool) *abilities {
	if loaded == nil {
		return nil
	}
	without := slices.DeleteFunc(slices.Clone(Abilities), loaded)
	if len(without) == 0 {
		return nil
	}
	a := &abilities{without: without}
	a.allow = dropped(allowPJSIP, func(method string) bool { return a.lacks(takerOf[method]) })
	a.supported = dropped(supportedPJSIP, func(name string) bool {
		return a.lacks(moduleRefer) && (name == "replaces" || name == "norefersub")
	})
	seen := map[string]bool{}
	a.accept = dropped(acceptPJSIP, func(kind string) bool {
		again := seen[kind]
		seen[kind] = true
		switch { // each subscription's module says a second time what it takes
		case kind == typeSummary:
			return again && a.lacks(moduleMailboxes)
		case strings.HasPrefix(kind, "message/sipfrag"):
			return a.lacks(moduleRefer)
		}
		return again && a.lacks(moduleStates)
	})
	return a
}

// dropped is a list without some of its items.
func dropped(list string, drop func(item string) bool) string {
	return strings.Join(slices.DeleteFunc(strings.Split(list, ", "), drop), ", ")
}

// lacks reports whether a module is not loaded; "" is one that always is.
func (a *abilities) lacks(module string) bool { return a != nil && slices.Contains(a.without, module) }

// allows are the methods, for Allow.
func (a *abilities) allows() string {
	if a == nil {
		return allowPJSIP
	}
	return a.allow
}

// supports are the extensions, for Supported.
func (a *abilities) supports() string {
	if a == nil {
		return supportedPJSIP
	}
	return a.supported
}

// accepts are the types of bodies, for Accept.
func (a *abilities) accepts() string {
	if a == nil {
		return acceptPJSIP
	}
	return a.accept
}

// history is what Supported has besides in requests that begin or change a call.
func (a *abilities) history() string {
	if a.lacks(moduleDiversions) {
		return ""
	}
	return historyToo
}
