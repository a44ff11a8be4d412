package exchange

import (
	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/function"
)

// The files of single applications.
const (
	amdFile    = "amd.conf"           // the limits by which AMD tells people from machines
	alarmFile  = "alarmreceiver.conf" // where AlarmReceiver puts events
	statsdFile = "statsd.conf"        // where StatsD sends figures
	followFile = "followme.conf"      // whom FollowMe calls
	curlFile   = "res_curl.conf"      // options of CURL for all legs
)

// configureAlarmReceiver reads alarmreceiver.conf, for calls from now on.
func (x *Exchange) configureAlarmReceiver() {
	settings, problems := app.ReadAlarmReceiver(x.optional(alarmFile))
	x.report(problems)
	x.house.ConfigureAlarmReceiver(settings)
}

// configureAMD reads amd.conf, for calls from now on.
func (x *Exchange) configureAMD() {
	limits, problems := app.ReadAMD(x.optional(amdFile))
	x.report(problems)
	x.house.ConfigureAMD(limits)
}

// configureStatsD reads statsd.conf, for figures from now on.
func (x *Exchange) configureStatsD() error {
	server, problems := app.ReadStatsD(x.optional(statsdFile))
	x.report(problems)
	return x.house.ConfigureStatsD(server)
}

// configureFollowMe reads followme.conf, for calls from now on.
func (x *Exchange) configureFollowMe() error {
	profiles, problems := app.ReadFollowMe(x.optional(followFile))
	x.report(problems)
	x.house.ConfigureFollowMe(profiles)
	return nil
}

// configureCURL reads res_curl.conf, for calls from now on.
func (x *Exchange) configureCURL() error {
	d, problems := function.ReadCURL(x.optional(curlFile))
	x.report(problems)
	x.functions.ConfigureCURL(d)
	return nil
}
