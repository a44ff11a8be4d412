package exchange

import "github.com/octothorpe/octothorpe/internal/app"

// amdFile has the limits by which AMD tells people from machines.
const amdFile = "amd.conf"

// configureAMD reads amd.conf, for calls from now on.
func (x *Exchange) configureAMD() {
	limits, problems := app.ReadAMD(x.optional(amdFile))
	x.report(problems)
	x.house.ConfigureAMD(limits)
}
