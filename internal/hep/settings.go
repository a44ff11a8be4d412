package hep

import (
	"net"

	"github.com/octothorpe/octothorpe/internal/config"
)

// File says where copies go.
const File = "hep.conf"

// Settings are hep.conf.
type Settings struct {
	address  string // host:port of the capture server
	password string
	id       uint32
	name     string
	// ByChannel says that messages belong together by the name of their channel, and not by
	// the Call-ID: uuid_type.
	ByChannel bool
}

// Read reads hep.conf, which may be nil. Nil settings send nothing.
func Read(f *config.File) (*Settings, []config.Diagnostic) {
	r := config.NewReader(nil)
	section := f.Section("general")
	if section == nil {
		return nil, nil
	}
	general := r.Section(section)
	enabled := general.Bool("enabled", true)
	s := &Settings{address: general.String("capture_address", ""), password: general.String("capture_password", ""),
		id: uint32(general.Int("capture_id", 0, 0, 1<<32-1)), name: general.String("capture_name", ""), //nolint:gosec // in range
		ByChannel: general.Word("uuid_type", "call-id", "call-id", "channel") == "channel"}
	general.Done()
	if !enabled {
		return nil, r.Diagnostics()
	}
	at := config.Entry{File: section.File, Line: section.Line}
	if s.address == "" {
		r.Report(config.Error, at, "write capture_address = host:port", "nothing is sent to a capture server: capture_address is missing")
		return nil, r.Diagnostics()
	}
	if _, _, err := net.SplitHostPort(s.address); err != nil {
		e, _ := section.Entry("capture_address")
		r.Report(config.Error, e, "write host:port", "capture_address: %v", err)
		return nil, r.Diagnostics()
	}
	return s, r.Diagnostics()
}
