package phone

import (
	"fmt"
	"slices"
	"strings"
)

// codecPref is the value of one of the four codec_prefs_ options: how formats that
// come from elsewhere are to be put together with those of the endpoint.
//
// It is read, checked and shown as in the reference, and, as there, no call looks at
// it: no combination of values changes an offer or an answer of Asterisk 22. What
// chooses formats is incoming_call_offer_pref and outgoing_call_offer_pref.
type codecPref struct{ prefer, operation, keep, transcode string }

// codecPrefWords are the values of each part, the fallback first.
var codecPrefWords = map[string][]string{
	"prefer":    {"pending", "configured"},
	"operation": {"intersect", "union", "only_preferred", "only_nonpreferred"},
	"keep":      {"all", "first"},
	"transcode": {"allow", "prevent"},
}

// show is the value as tables have it; the operation of none is fallback.
func (p codecPref) show(operation string) string {
	return fmt.Sprintf("prefer:%s, operation:%s, keep:%s, transcode:%s", orText(p.prefer, "pending"), orText(p.operation, operation),
		orText(p.keep, "all"), orText(p.transcode, "allow"))
}

// set reads a value: part:word, divided by commas. A part that nobody knows is passed
// over, one without a word or with an unknown one is an error.
func (p *codecPref) set(text string, join bool) error {
	*p = codecPref{}
	at := map[string]*string{"prefer": &p.prefer, "operation": &p.operation, "keep": &p.keep, "transcode": &p.transcode}
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, word, ok := strings.Cut(part, ":")
		if !ok {
			return fmt.Errorf("%q is no preference and its value", part)
		}
		name, word = strings.TrimSpace(name), strings.TrimSpace(word)
		if at[name] == nil {
			continue
		}
		if !slices.Contains(codecPrefWords[name], word) || word == "union" && !join {
			return fmt.Errorf("%q is no value of %s", word, name)
		}
		*at[name] = word
	}
	return nil
}

// codecPrefOption makes one of the options; join says whether it may be a union.
func codecPrefOption(name string, at func(*Endpoint) *codecPref, operation string, join bool) endpointOption {
	return endpointOption{name: name, fallback: codecPref{}.show(operation),
		set:  func(v *Endpoint, text string) error { return at(v).set(text, join) },
		show: func(v *Endpoint) string { return at(v).show(operation) }}
}

// endpointCodecPrefs are the four of them.
func endpointCodecPrefs() []endpointOption {
	return []endpointOption{
		codecPrefOption("codec_prefs_incoming_offer", func(v *Endpoint) *codecPref { return &v.CodecPrefs[0] }, "intersect", false),
		codecPrefOption("codec_prefs_incoming_answer", func(v *Endpoint) *codecPref { return &v.CodecPrefs[1] }, "intersect", true),
		codecPrefOption("codec_prefs_outgoing_answer", func(v *Endpoint) *codecPref { return &v.CodecPrefs[2] }, "intersect", true),
		codecPrefOption("codec_prefs_outgoing_offer", func(v *Endpoint) *codecPref { return &v.CodecPrefs[3] }, "union", true),
	}
}
