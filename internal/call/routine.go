package call

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Routine reads the subroutine that an option such as Dial's b names: a label, an extension^label
// or a context^extension^label, with arguments in parentheses between ^. What is left out is that
// of the caller, whichever leg is to run it.
func Routine(caller channel.Location, text string) string {
	where, args, called := strings.Cut(text, "(")
	switch strings.Count(where, "^") {
	case 0:
		where = caller.Context + "^" + caller.Exten + "^" + where
	case 1:
		where = caller.Context + "^" + where
	}
	if called {
		where += "(" + args
	}
	return strings.ReplaceAll(where, "^", ",")
}
