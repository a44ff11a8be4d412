package records

import (
	"testing"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

func TestMain(m *testing.M) { blackbox.Main(m) }
