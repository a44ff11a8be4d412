package phone

import (
	"slices"
	"time"
)

func registrationOptions() *optionTable[Registration] {
	type r = Registration
	return newOptionTable(append([]option[r]{
		text("server_uri", func(v *r) *string { return &v.ServerURI }, ""),
		text("client_uri", func(v *r) *string { return &v.ClientURI }, ""),
		text("contact_user", func(v *r) *string { return &v.ContactUser }, ""),
		text("contact_header_params", func(v *r) *string { return &v.ContactParams }, ""),
		seconds("expiration", func(v *r) *time.Duration { return &v.Expiration }, "3600"),
		seconds("retry_interval", func(v *r) *time.Duration { return &v.RetryInterval }, "60"),
		seconds("forbidden_retry_interval", func(v *r) *time.Duration { return &v.ForbiddenRetryInterval }, "0"),
		seconds("fatal_retry_interval", func(v *r) *time.Duration { return &v.FatalRetryInterval }, "0"),
		integer("max_retries", func(v *r) *int { return &v.MaxRetries }, "10"),
		seconds("max_random_initial_delay", func(v *r) *time.Duration { return &v.MaxInitialDelay }, "10"),
		boolean("auth_rejection_permanent", func(v *r) *bool { return &v.AuthRejectionPermanent }, "yes"),
		list("outbound_auth", func(v *r) *[]string { return &v.OutboundAuths }, ""),
		text("outbound_proxy", func(v *r) *string { return &v.OutboundProxy }, ""),
		text("transport", func(v *r) *string { return &v.Transport }, ""),
		boolean("line", func(v *r) *bool { return &v.Line }, "no"),
		text("endpoint", func(v *r) *string { return &v.Endpoint }, ""),
		boolean("support_path", func(v *r) *bool { return &v.SupportPath }, "no"),
		text("user_agent", func(v *r) *string { return &v.UserAgent }, ""),
		yesNo("support_outbound", func(v *r) *bool { return &v.SupportOutbound }, "no"),
	}, mediasecOptions(func(v *r) *Mediasec { return &v.Mediasec })...)...)
}

func aclOptions() *optionTable[ACL] {
	lines := func(name string, permit bool, at func(*ACL) *Rules) option[ACL] {
		return option[ACL]{name: name, set: func(v *ACL, s string) error {
			r, err := ParseRules(permit, s)
			*at(v) = append(slices.Clone(*at(v)), r...)
			return err
		}}
	}
	signalling, contact := func(v *ACL) *Rules { return &v.Rules }, func(v *ACL) *Rules { return &v.Contact }
	// acl= and contact_acl= name rules of acl.conf, which the loader puts in.
	named := func(*ACL, string) error { return nil }
	return newOptionTable(lines("permit", true, signalling), lines("deny", false, signalling),
		lines("contact_permit", true, contact), lines("contact_deny", false, contact),
		option[ACL]{name: "acl", set: named}, option[ACL]{name: "contact_acl", set: named})
}

func globalOptions() *optionTable[Global] {
	type g = Global
	at := func(v *g) *settings { return &v.other }
	return newOptionTable(
		text("user_agent", func(v *g) *string { return &v.UserAgent }, ""),
		integer("max_forwards", func(v *g) *int { return &v.MaxForwards }, "70"),
		text("default_realm", func(v *g) *string { return &v.Realm }, "asterisk"),
		text("default_from_user", func(v *g) *string { return &v.FromUser }, "asterisk"),
		seconds("keep_alive_interval", func(v *g) *time.Duration { return &v.KeepAlive }, "90"),
		list("endpoint_identifier_order", func(v *g) *[]string { return &v.IdentifierOrder }, "ip,username,anonymous"),
		text("default_outbound_endpoint", func(v *g) *string { return &v.OutboundEndpoint }, "default_outbound_endpoint"),
		text("default_voicemail_extension", func(v *g) *string { return &v.VoicemailExtension }, ""),
		text("regcontext", func(v *g) *string { return &v.RegContext }, ""),
		text("debug", func(v *g) *string { return &v.Debug }, "no"),
		boolean("disable_multi_domain", func(v *g) *bool { return &v.DisableMultiDomain }, "no"),
		boolean("ignore_uri_user_options", func(v *g) *bool { return &v.IgnoreURIUserOptions }, "no"),
		yesNo("use_callerid_contact", func(v *g) *bool { return &v.UseCallerIDContact }, "no"),
		yesNo("send_contact_status_on_update_registration", func(v *g) *bool { return &v.SendContactStatusOnRenew }, "no"),
		yesNo("norefersub", func(v *g) *bool { return &v.NoReferSub }, "yes"),
		boolean("allow_sending_180_after_183", func(v *g) *bool { return &v.Send180After183 }, "no"),
		boolean("all_codecs_on_empty_reinvite", func(v *g) *bool { return &v.AllCodecsOnEmptyReinvite }, "no"),
		seconds("max_initial_qualify_time", func(v *g) *time.Duration { return &v.MaxInitialQualify }, "0"),
		seconds("contact_expiration_check_interval", func(v *g) *time.Duration { return &v.ExpirationCheck }, "30"),
		integer("unidentified_request_count", func(v *g) *int { return &v.UnidentifiedCount }, "5"),
		seconds("unidentified_request_period", func(v *g) *time.Duration { return &v.UnidentifiedPeriod }, "5"),
		seconds("unidentified_request_prune_interval", func(v *g) *time.Duration { return &v.UnidentifiedPrune }, "30"),
		algorithms("default_auth_algorithms_uas", func(v *g) *[]string { return &v.AlgorithmsUAS }),
		algorithms("default_auth_algorithms_uac", func(v *g) *[]string { return &v.AlgorithmsUAC }),
		kept("mwi_tps_queue_high", at, keptNumber, "500"),
		kept("mwi_tps_queue_low", at, keptText, "-1"),
		boolean("mwi_disable_initial_unsolicited", func(v *g) *bool { return &v.NoInitialMWI }, "no"),
		kept("taskprocessor_overload_trigger", at, keptText, "global"),
	)
}

func systemOptions() *optionTable[System] {
	type s = System
	at := func(v *s) *settings { return &v.other }
	return newOptionTable(
		milliseconds("timer_t1", func(v *s) *time.Duration { return &v.TimerT1 }, "500"),
		milliseconds("timer_b", func(v *s) *time.Duration { return &v.TimerB }, "32000"),
		boolean("compact_headers", func(v *s) *bool { return &v.CompactHeaders }, "no"),
		boolean("disable_tcp_switch", func(v *s) *bool { return &v.DisableTCPSwitch }, "yes"),
		boolean("disable_rport", func(v *s) *bool { return &v.DisableRport }, "no"),
		boolean("follow_early_media_fork", func(v *s) *bool { return &v.FollowEarlyMediaFork }, "yes"),
		boolean("accept_multiple_sdp_answers", func(v *s) *bool { return &v.AcceptMultipleSDPAnswers }, "no"),
		kept("taskpool_minimum_size", at, keptNumber, "4"), kept("taskpool_initial_size", at, keptNumber, "4"),
		kept("taskpool_auto_increment", at, keptNumber, "1"), kept("taskpool_idle_timeout", at, keptNumber, "60"),
		kept("taskpool_max_size", at, keptNumber, "50"), kept("threadpool_initial_size", at, keptNumber, "4"),
		kept("threadpool_auto_increment", at, keptNumber, "1"), kept("threadpool_idle_timeout", at, keptNumber, "60"),
		kept("threadpool_max_size", at, keptNumber, "50"),
	)
}
