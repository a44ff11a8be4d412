package provision

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

func TestNothingOutsideTheFolderIsServed(t *testing.T) {
	f, err := config.Parse(File, []byte(`[general]
default_profile = none
[desk]
staticdir => sub/
static_file => ../../secret
static_file => ../inside
static_file =>
setvar => COLOUR
${MAC}.cfg => ../secret.cfg
${MAC}.ok => a/../b.cfg, text/x-own
`), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, problems := Read(f)
	p := s.profiles["desk"]
	if len(p.static) != 1 || p.static[0].path != "sub/../inside" || len(p.dynamic) != 1 || p.dynamic[0].kind != "text/x-own" {
		t.Errorf("files: %+v and %+v", p.static, p.dynamic)
	}
	if len(problems) != 5 {
		t.Errorf("%d problems, want 5: %v", len(problems), problems)
	}
	if s, problems := Read(nil); len(s.profiles) > 0 || len(problems) > 0 {
		t.Errorf("without a file: %+v, %v", s, problems)
	}
}
