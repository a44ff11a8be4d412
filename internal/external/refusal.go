package external

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// refused is why no leg was made.
func refused(format string, args ...any) error {
	return &channel.RequestError{Cause: channel.CauseInvalidNumber, Why: fmt.Sprintf(format, args...)}
}
