package media

// A FaxStep is what a T38 signal means: the two legs of a call settle by such signals
// whether the call goes on as fax.
type FaxStep uint8

// The steps.
const (
	FaxWanted   FaxStep = iota // the far end wants to
	FaxAgreed                  // the far end is ready
	FaxRefused                 // it does not want to, or can not
	FaxFinished                // it went back to sound
)

// Fax is the Value of a Control frame with the signal T38: a step, and with the first
// two the terms (T.38 Annex D).
type Fax struct {
	Step             FaxStep
	Version, Rate    int // T38FaxVersion; T38MaxBitRate in bit/s
	LongestIFP       int // bytes of an IFP packet that the far end can take
	Fill, MMR, JBIG  bool
	LocalConfinement bool // T38FaxRateManagement:localTCF
}
