package exchange

import (
	"path/filepath"
	"slices"

	"github.com/octothorpe/octothorpe/internal/config"
)

// An unreadFile is one of Asterisk's that nothing reads here.
type unreadFile struct {
	name     string
	severity config.Severity // a note where nothing is lost
	why      string
	instead  string // what to do; "" is nothing
}

// unreadFiles are what Asterisk would read, and why nothing does here. The files of ODBC and
// of databases that are refused are in databaseFiles.
var unreadFiles = []unreadFile{
	// Out, by decision.
	{"adsi.conf", config.Warning, "screens of analogue phones (ADSI) need telephony cards", ""},
	{"chan_dahdi.conf", config.Warning, "telephony cards and their drivers (DAHDI) are not supported and will not be", "connect the lines by a gateway that speaks SIP"},
	{"chan_mobile.conf", config.Warning, "mobile phones on Bluetooth are not supported and will not be", "connect them by a gateway that speaks SIP"},
	{"console.conf", config.Warning, "the machine's sound card is no phone here", "use a softphone"},
	{"dundi.conf", config.Warning, "DUNDi is not spoken and will not be", "keep the routes in a database: switch => Realtime/…"},
	{"motif.conf", config.Warning, "Jingle and Google Talk are not spoken and will not be", "use SIP or WebRTC"},
	{"ooh323.conf", config.Warning, "H.323 is not spoken and will not be", "use SIP"},
	{"res_config_mysql.conf", config.Warning, "MySQL is not there", "use res_pgsql.conf or res_config_sqlite3.conf"},
	{"res_corosync.conf", config.Warning, "states are not shared over Corosync", ""},
	{"res_fax.conf", config.Warning, "there are no fax terminals (SendFAX, ReceiveFAX): fax passes through between phones", ""},
	{"res_ldap.conf", config.Warning, "configuration in LDAP is not there", "use res_pgsql.conf or res_config_sqlite3.conf"},
	{"res_snmp.conf", config.Warning, "SNMP is not spoken and will not be", "read /metrics of the HTTP server"},
	{"smdi.conf", config.Warning, "SMDI over serial lines is not supported and will not be", ""},
	{"unistim.conf", config.Warning, "UNISTIM is not spoken and will not be", "use SIP"},
	{"xmpp.conf", config.Warning, "XMPP is not spoken and will not be", ""},
	// To be done.
	{"calendar.conf", config.Warning, "calendars are not there yet", "ask the calendar with CURL() or from AGI"},
	{"festival.conf", config.Warning, "Festival is not there yet", "play what a speech program has written, from AGI or System()"},
	{"geolocation.conf", config.Warning, "locations of phones (RFC 6442) are not there yet", ""},
	{"iaxprov.conf", config.Warning, "phones are not provisioned over IAX2", ""},
	{"res_stun_monitor.conf", config.Warning, "the public address is not watched by STUN", "write external_media_address in pjsip.conf"},
	{"stir_shaken.conf", config.Warning, "callers are not attested (STIR/SHAKEN) yet", ""},
	// What has nothing to say here.
	{"app_skel.conf", config.Note, "it is of an example for authors of Asterisk's modules", ""},
	{"cdr_csv.conf", config.Note, "Asterisk does not read it either", "write [csv] in cdr.conf"},
	{"config_test.conf", config.Note, "it is of Asterisk's own tests", ""},
	{"dbsep.conf", config.Note, "it is of a script beside Asterisk", ""},
	{"dnsmgr.conf", config.Note, "names are looked up anew whenever their records are too old", ""},
	{"enum.conf", config.Note, "the zone stands in ENUMLOOKUP()", ""},
	{"meetme.conf", config.Warning, "MeetMe's name leads to ConfBridge", "write rooms and their PINs in confbridge.conf"},
	{"pjproject.conf", config.Note, "the SIP stack is our own, and says what it does in logger.conf's files", "see pjsip set logger"},
	{"test_sorcery.conf", config.Note, "it is of Asterisk's own tests", ""},
}

// check tells of a file that says something.
func (u unreadFile) check(f *config.File) []config.Diagnostic {
	r := config.NewReader(nil)
	for _, s := range f.Sections() {
		if s.Template || len(s.Lines()) == 0 || config.False(s.Get("enabled")) {
			continue
		}
		r.Report(u.severity, config.Entry{File: s.File, Line: s.Line}, u.instead, "%s is not read: %s", u.name, u.why)
		break
	}
	return r.Diagnostics()
}

// unread tells in the log of files that nothing reads.
func (x *Exchange) unread() {
	for _, u := range unreadFiles {
		if u.severity == config.Note {
			continue
		}
		if f := x.optional(u.name); f != nil {
			x.report(slices.DeleteFunc(u.check(f), func(d config.Diagnostic) bool { return filepath.Base(d.File) != u.name }))
		}
	}
}
