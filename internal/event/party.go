package event

// A Party is who somebody is, as far as a call tells: RFC 3325's identity and
// ISDN's number in one. The zero Party is unknown.
type Party struct {
	Number     Number
	Name       Name
	Subaddress Subaddress
	// Tag is a label of the administrator's own that follows the party.
	Tag string
}

// Known reports whether there is a number or a name.
func (p Party) Known() bool { return p.Number.Valid || p.Name.Valid }

// Number is a party's telephone number or SIP user.
type Number struct {
	Valid        bool
	Text         string
	Plan         int // ITU-T Q.931 type and plan of the number, 0 if unknown
	Presentation Presentation
}

// Name is a party's display name.
type Name struct {
	Valid        bool
	Text         string
	Charset      string // "iso8859-1", "utf8" …; empty is unknown
	Presentation Presentation
}

// Subaddress is the subaddress of a party (ITU-T Q.931 §4.5.9).
type Subaddress struct {
	Valid bool
	Text  string
	Type  int // 0 NSAP, 2 user specified
	Odd   bool
}

// Presentation tells whether a number or name may be shown and who vouches for
// it: ITU-T Q.931 octet 3a, screening in bits 1-2, presentation in bits 6-7.
type Presentation uint8

// The presentations that have names.
const (
	AllowedNotScreened    Presentation = 0x00
	AllowedPassedScreen   Presentation = 0x01
	AllowedFailedScreen   Presentation = 0x02
	AllowedNetwork        Presentation = 0x03
	ProhibitedNotScreened Presentation = 0x20
	ProhibitedPassed      Presentation = 0x21
	ProhibitedFailed      Presentation = 0x22
	ProhibitedNetwork     Presentation = 0x23
	Unavailable           Presentation = 0x43
)

var presentationNames = map[Presentation]string{
	AllowedNotScreened: "allowed_not_screened", AllowedPassedScreen: "allowed_passed_screen",
	AllowedFailedScreen: "allowed_failed_screen", AllowedNetwork: "allowed",
	ProhibitedNotScreened: "prohib_not_screened", ProhibitedPassed: "prohib_passed_screen",
	ProhibitedFailed: "prohib_failed_screen", ProhibitedNetwork: "prohib", Unavailable: "unavailable",
}

// String returns the name used in CALLERID(pres) and configuration files.
func (p Presentation) String() string {
	if name, ok := presentationNames[p]; ok {
		return name
	}
	return "unknown"
}

// PresentationText returns the words for a presentation that events have.
func PresentationText(p Presentation) string {
	switch p {
	case AllowedNotScreened:
		return "Presentation Allowed, Not Screened"
	case AllowedPassedScreen:
		return "Presentation Allowed, Passed Screen"
	case AllowedFailedScreen:
		return "Presentation Allowed, Failed Screen"
	case AllowedNetwork:
		return "Presentation Allowed, Network Number"
	case ProhibitedNotScreened:
		return "Presentation Prohibited, Not Screened"
	case ProhibitedPassed:
		return "Presentation Prohibited, Passed Screen"
	case ProhibitedFailed:
		return "Presentation Prohibited, Failed Screen"
	case ProhibitedNetwork:
		return "Presentation Prohibited, Network Number"
	case Unavailable:
		return "Number Unavailable"
	}
	return "unknown"
}

// ParsePresentation is the inverse of String.
func ParsePresentation(name string) (Presentation, bool) {
	for p, known := range presentationNames {
		if known == name {
			return p, true
		}
	}
	return 0, false
}

// Restricted reports whether the party asked not to be shown, or is unavailable.
func (p Presentation) Restricted() bool { return p&0x60 != 0 }

// Redirection tells how a call was diverted (RFC 5806 Diversion).
type Redirection struct {
	Orig, From, To           Party
	OrigReason, Reason       string // "cfu", "cfb", "cfnr", "unknown" …
	OrigReasonText, FromText string
	Count                    int
}
