package exchange

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

func TestReadFeatures(t *testing.T) {
	for text, want := range map[string]string{"": "*8", "[general]\npickupexten=**\n": "**"} {
		f, err := config.Parse("features.conf", []byte(text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := readFeatures(f); got.pickup != want {
			t.Errorf("%q: got %q, want %q", text, got.pickup, want)
		}
	}
	if got, _ := readFeatures(nil); got.pickup != "*8" {
		t.Errorf("without a file: %q", got.pickup)
	}
}
