package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// configuration is what the exchange reads. Callers come from one address, agents are at
// another.
func (s size) configuration(sip netip.AddrPort, manager string, callers, agents netip.AddrPort) map[string]string {
	var phones strings.Builder
	fmt.Fprintf(&phones, "[udp]\ntype=transport\nprotocol=udp\nbind=%s\n[line](!)\ntype=endpoint\ncontext=centre\ndisallow=all\nallow=ulaw\ndirect_media=no\n"+
		"[callers](line)\n[callers]\ntype=identify\nendpoint=callers\nmatch=%s\n", sip, callers.Addr())
	for i := range s.Agents {
		fmt.Fprintf(&phones, "[%[1]s](line)\naors=%[1]s\n[%[1]s]\ntype=aor\ncontact=sip:%[1]s@%[2]s\n", agentName(i), agents)
	}
	var queues, extensions strings.Builder
	extensions.WriteString("[centre]\n")
	for _, r := range s.rooms() {
		fmt.Fprintf(&extensions, "exten => %s,1,Answer(,i)\n same => n,Queue(${EXTEN},,,,%d)\n same => n,Hangup()\n", r.name, s.whole(queueTimeout))
		fmt.Fprintf(&queues, "[%s]\nstrategy=%s\nringinuse=no\ntimeout=%d\nretry=%d\nwrapuptime=%d\nservicelevel=%d\n", r.name, r.strategy,
			s.whole(15e9), s.whole(5e9), s.whole(15e9), s.whole(20e9))
		for _, a := range r.agents {
			fmt.Fprintf(&queues, "member => PJSIP/%s\n", agentName(a))
		}
	}
	_, port, _ := strings.Cut(manager, ":")
	return map[string]string{
		"pjsip.conf":      phones.String(),
		"queues.conf":     queues.String(),
		"modules.conf":    "[modules]\nautoload=yes\n",
		"extensions.conf": extensions.String(),
		"logger.conf":     "[logfiles]\nmessages => warning,error\n",
		"manager.conf":    "[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=" + port + "\n[centre]\nsecret=centre\nread=\nwrite=reporting\n",
		"http.conf":       "[general]\nenabled=no\n",
		"rtp.conf":        "[general]\nrtpstart=20000\nrtpend=30000\n",
		"cdr.conf":        "[general]\nenable=yes\nunanswered=no\n[csv]\nloguniqueid=yes\n",
		"cdr_custom.conf": "[mappings]\ncdr.csv => " + quoted("CDR(src)", "CDR(channel)", "CDR(dstchannel)", "CDR(disposition)", "CDR(billsec,f)", "CDR(uniqueid)") + "\n",
		"cel.conf":        "[general]\nenable=yes\napps=queue\nevents=ALL\n",
		"cel_custom.conf": "[mappings]\ncel.csv => " + quoted("eventtype", "CHANNEL(uniqueid)", "CHANNEL(linkedid)", "CHANNEL", "CALLERID(num)") + "\n",
	}
}

// quoted are values as a line of comma-separated values.
func quoted(values ...string) string {
	for i, v := range values {
		values[i] = "${CSV_QUOTE(${" + v + "})}"
	}
	return strings.Join(values, ",")
}
