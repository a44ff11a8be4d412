package exchange

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/udptl"
)

// The ports of fax where udptl.conf says nothing, or nothing that makes sense.
const firstFaxPort, lastFaxPort = 4000, 4999

// faxSettings are those of udptl.conf.
type faxSettings struct {
	ports         *udptl.Ports
	even          bool
	entries, span int // what goes along with each packet; 0 is the usual
	checksums     bool
}

// readFax reads udptl.conf, which may be nil.
func readFax(f *config.File) (faxSettings, []config.Diagnostic) {
	r := config.NewReader(nil)
	section := f.Section("general")
	s := r.Section(section)
	low, high := s.Int("udptlstart", firstFaxPort, 1024, 65535), s.Int("udptlend", lastFaxPort, 1024, 65535)
	m := faxSettings{even: s.Bool("use_even_ports", false)}
	m.entries, m.span = s.Int("udptlfecentries", 0, 1, udptl.MostEntries), s.Int("udptlfecspan", 0, 1, udptl.MostSpan)
	m.checksums = s.Bool("udptlchecksums", true)
	s.Meaningless("t38faxudpec", "t38faxmaxdatagram") // each phone has its own: the reference heeds them no more
	s.Done()
	var err error
	if m.ports, err = udptl.NewPorts(low, high, m.even); err == nil {
		return m, r.Diagnostics()
	}
	e, ok := section.Entry("udptlend")
	if !ok {
		e, _ = section.Entry("udptlstart")
	}
	r.Report(config.Error, e, "let udptlend be above udptlstart", "ports %d to %d have no room for a fax: %d to %d are used", low, high, firstFaxPort, lastFaxPort)
	m.ports, _ = udptl.NewPorts(firstFaxPort, lastFaxPort, m.even) // a range that is good
	return m, r.Diagnostics()
}

func (x *Exchange) showUDPTL(r *command.ConsoleRequest) error {
	m := x.phones.fax.Load()
	if m == nil {
		return command.Refusal("UDPTL is not used: there are no phones")
	}
	low, high := m.ports.Range()
	if m.even { // a port and the one above it are one fax's
		high &^= 1
	}
	word := map[bool]string{true: "Yes", false: "No"}
	fmt.Fprintf(r.Out, "UDPTL Global options\n--------------------\nudptlstart:      %d\nudptlend:        %d\nudptlfecentries: %d\nudptlfecspan:    %d\n"+
		"use_even_ports:  %s\nudptlchecksums: %s\n", low, high, m.entries, m.span, word[m.even], word[m.checksums])
	return nil
}
