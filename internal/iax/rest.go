package iax

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

const aboutRegistering = "nobody registers here, and nobody is registered with"

// notYet are options of iax.conf that change nothing here, by what is left to do.
var notYet = map[string]string{
	aboutRegistering: "autokill maxregexpire minregexpire regcontext regexten register",
	"calls are not encrypted, and RSA keys prove nobody":                   "encryption forceencryption inkeys keyrotate outkey",
	"sound is passed on as it comes":                                       "forcejitterbuffer jitterbuffer jittertargetextra maxjitterbuffer maxjitterinterps resyncthreshold",
	"far ends are not asked whether they are there":                        "qualify qualifyfreqnotok qualifyfreqok qualifysmoothing",
	"frames of several calls are not sent together":                        "trunk trunkfreq trunkmaxsize trunkmtu trunktimestamps",
	"sound stays with the exchange":                                        "transfer transfers",
	"users and peers are not kept in databases":                            "dbsecret rtautoclear rtcachefriends rtignoreregexpire rtupdate",
	"packets are not marked":                                               "cos tos",
	"the port is one, of bindaddr and bindport":                            "port_range sourceaddress",
	"who fails to prove who he is, is told so at once and without a limit": "authdebug delayreject maxauthreq",
	"what stands beside a name is not told on":                             "adsi connectedline description fullname mailbox sendani shrinkcallerid",
	"music is chosen by mohinterpret alone":                                "mohsuggest",
	"calls begin at the number that is dialled":                            "immediate",
	"names are looked up as addresses, which stand for one host":           "defaultip mask srvlookup",
	"checksums of packets are the machine's":                               "nochecksums",
	"times of calls are those of the machine":                              "timezone",
	"formats are chosen by allow and disallow":                             "bandwidth",
	"calls without a token have no number of their own":                    "maxcallnumbers_nonvalidated",
}

// never are those that are to change nothing, by why.
var never = map[string]string{
	"firmware of the telephone IAXy is not handed out":              "allowfwdownload",
	"a call that is looked for in the dialplan delays no other one": "iaxcompat",
}

// tellRest names what of a section changes nothing.
func tellRest(s *config.SectionReader) {
	for lack, names := range notYet {
		s.Later(lack, strings.Fields(names)...)
	}
	for why, names := range never {
		s.Never(why, strings.Fields(names)...)
	}
}
