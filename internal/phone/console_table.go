package phone

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// The tables of "pjsip show …" are 90 columns wide: a label, a first column that
// takes what is left, and columns of fixed place. Their heads:
const (
	headEndpoint     = " Endpoint:  <Endpoint/CID.....................................>  <State.....>  <Channels.>\n"
	headEndpointAuth = "    I/OAuth:  <AuthId/UserName...........................................................>\n"
	headEndpointAOR  = "        Aor:  <Aor............................................>  <MaxContact>\n"
	headInEndpoint   = "      Contact:  <Aor/ContactUri..........................> <Hash....> <Status> <RTT(ms)..>\n" +
		"  Transport:  <TransportId........>  <Type>  <cos>  <tos>  <BindAddress..................>\n" +
		"   Identify:  <Identify/Endpoint.........................................................>\n" +
		"        Match:  <criteria.........................>\n" +
		"    Channel:  <ChannelId......................................>  <State.....>  <Time.....>\n" +
		"        Exten: <DialedExten...........>  CLCID: <ConnectedLineCID.......>\n"
	headAOR        = "      Aor:  <Aor..............................................>  <MaxContact>\n"
	headAORContact = "    Contact:  <Aor/ContactUri............................> <Hash....> <Status> <RTT(ms)..>\n"
	headContact    = "  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> <RTT(ms)..>\n"
	headAuth       = "  I/OAuth:  <AuthId/UserName.............................................................>\n"
	headTransport  = "Transport:  <TransportId........>  <Type>  <cos>  <tos>  <BindAddress....................>\n"
	headIdentify   = " Identify:  <Identify/Endpoint...........................................................>\n"
	headMatch      = "      Match:  <criteria...........................>\n"
	headChannel    = "  Channel:  <ChannelId........................................>  <State.....>  <Time.....>\n"
	headExten      = "      Exten: <DialedExten.............>  CLCID: <ConnectedLineCID.......>\n"
	headRegister   = " <Registration/ServerURI..............................>  <Auth....................>  <Status.......>\n"
)

var doubleRule = strings.Repeat("=", 90) + "\n"

// column pads what stands before a column so that the column begins at its place;
// what is too long is cut.
func column(text string, place int) string {
	if len(text) >= place {
		return text[:place-1] + " "
	}
	return text + strings.Repeat(" ", place-len(text))
}

func rowEndpoint(e *Endpoint, state string, calls int) string {
	name := e.Name
	if e.CallerID.Number.Valid {
		name += "/" + e.CallerID.Number.Text
	}
	most := "inf"
	if e.DeviceStateBusyAt > 0 {
		most = fmt.Sprint(e.DeviceStateBusyAt)
	}
	return column(" Endpoint:  "+name, 65) + fmt.Sprintf("%-12.12s  %d of %s\n", deviceWord(state), calls, most)
}

// deviceWord is the wording of a device's state in the tables.
func deviceWord(state string) string {
	words := map[string]string{"NOT_INUSE": "Not in use", "INUSE": "In use", "BUSY": "Busy", "INVALID": "Invalid",
		"UNAVAILABLE": "Unavailable", "RINGING": "Ringing", "RINGINUSE": "Ring+Inuse", "ONHOLD": "On Hold", "UNKNOWN": "Unknown"}
	return words[state]
}

func rowContact(indent string, c *Contact) string {
	rtt := "       -nan"
	if c.RTT > 0 {
		rtt = fmt.Sprintf("%11.3f", float64(c.RTT.Microseconds())/1000)
	}
	return column(indent+"Contact:  "+c.AOR+"/"+c.URI, 59) + fmt.Sprintf("%-10.10s %-7.7s %s\n", c.Hash(), c.Status.short(), rtt)
}

func rowTransport(label string, t *Transport) string {
	return column(label+t.Name, len(label)+24) + fmt.Sprintf("%5.5s  %5d  %5d  %s\n", t.Protocol, t.COS, t.TOS, t.bound())
}

func rowsMatch(indent string, i *Identify) string {
	var b strings.Builder
	for _, m := range i.written {
		fmt.Fprintf(&b, "%sMatch: %s\n", indent, m.bits)
	}
	if len(i.Headers) > 0 {
		fmt.Fprintf(&b, "%sHeader: %s\n", indent[1:], showMatches(i.Headers))
	}
	if len(i.RequestURIs) > 0 {
		fmt.Fprintf(&b, "%sRequestURI: %s\n", indent[1:], showMatches(i.RequestURIs))
	}
	return b.String()
}

func rowChannel(indent string, c *event.Channel) string {
	clock := uptime(c)
	name := c.Name
	if c.Application != "" {
		name += "/" + c.Application
	}
	return column(indent+"Channel: "+name, 65) + fmt.Sprintf("%-12.12s  %-11s\n", c.State, clock)
}

func rowExten(indent string, c *event.Channel) string {
	return column(indent+"Exten: "+c.Exten, 41) + "CLCID: " + connectedID(c.Connected) + "\n"
}

func connectedID(p event.Party) string {
	if p.Name.Text == "" && p.Number.Text == "" {
		return `"" <>`
	}
	return fmt.Sprintf("%q <%s>", p.Name.Text, p.Number.Text)
}

// parameters prints an object's options as a table.
func parameters(w io.Writer, lines []shown) {
	options(w, lines)
	fmt.Fprintln(w)
}

// options is parameters without the empty line at the end.
func options(w io.Writer, lines []shown) {
	names, values := len("ParameterName"), len("ParameterValue")
	for _, l := range lines {
		names, values = max(names, len(l.name)), max(values, len(l.value))
	}
	fmt.Fprintf(w, "\n %-*s : ParameterValue\n %s\n", names, "ParameterName", strings.Repeat("=", names+3+values))
	for _, l := range lines {
		fmt.Fprintf(w, " %-*s : %s\n", names, l.name, l.value)
	}
}

// uptime prints how long a channel exists.
func uptime(c *event.Channel) string {
	up := time.Since(c.Created)
	return fmt.Sprintf("%02d:%02d:%02d", int(up.Hours()), int(up.Minutes())%60, int(up.Seconds())%60)
}
