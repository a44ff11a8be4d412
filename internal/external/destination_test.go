package external

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
)

func TestDestinations(t *testing.T) {
	d := parse("127.0.0.1:4000/c(slin16)nv(a=1,b=2)f(json)", 1)
	if len(d.parts) != 1 || d.parts[0] != "127.0.0.1:4000" || d.options['v'] != "a=1,b=2" || d.options['f'] != "json" {
		t.Errorf("it was read as %+v", d)
	}
	if _, ok := d.options['n']; !ok {
		t.Error("the option n is lost")
	}
	if f, err := d.format(nil, media.ULaw); err != nil || f != media.SLin16 {
		t.Errorf("the format is %v, %v", f, err)
	}
	if f, err := parse("x/y", 2).format([]*media.Format{media.ALaw}, media.ULaw); err != nil || f != media.ALaw {
		t.Errorf("the format is %v, %v", f, err)
	}
	if _, err := parse("x/c(nothing)", 1).format(nil, media.ULaw); err == nil {
		t.Error("a format that nobody knows was taken")
	}
	if d := parse("x/c(ulaw", 1); d.options['c'] != "ulaw" {
		t.Errorf("a parenthesis that is not closed: %+v", d)
	}
}
