package ami

import "testing"

func TestFilters(t *testing.T) {
	event := Parse("Event: Newchannel\r\nChannel: PJSIP/trunk-1\r\nExten: 200\r\n\r\n")
	for _, c := range []struct {
		name    string
		filters [][2]string
		passes  bool
	}{
		{"none", nil, true},
		{"an expression", [][2]string{{"", "Event: Newchannel"}}, true},
		{"an expression over lines", [][2]string{{"", "Newchannel.*Exten: 2"}}, true},
		{"an expression for others", [][2]string{{"", "Event: Hangup"}}, false},
		{"one of two", [][2]string{{"", "Event: Hangup"}, {"", "Exten: 200"}}, true},
		{"excluded", [][2]string{{"", "!Channel: PJSIP/trunk"}}, false},
		{"something else excluded", [][2]string{{"", "!Channel: Local/"}}, true},
		{"included and excluded", [][2]string{{"", "Event: New"}, {"", "!Exten: 200"}}, false},
		{"excluded after", [][2]string{{"", "!Exten: 200"}, {"", "Event: New"}}, false},
		{"a name", [][2]string{{"name(Newchannel)", ""}}, true},
		{"another name", [][2]string{{"name(Hangup)", ""}}, false},
		{"a header", [][2]string{{"header(Channel),method(starts_with)", "PJSIP/"}}, true},
		{"its end", [][2]string{{"header(Channel),method(ends_with)", "trunk"}}, false},
		{"its middle", [][2]string{{"header(Channel),method(contains)", "trunk"}}, true},
		{"all of it", [][2]string{{"name(Newchannel),header(Exten),method(exact)", "200"}}, true},
		{"a header by expression", [][2]string{{"header(Exten),method(regex)", "^2"}}, true},
		{"a header that is not there", [][2]string{{"header(Cause),method(none)", ""}}, false},
		{"excluded by name", [][2]string{{"action(exclude),name(Newchannel)", ""}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var filters Filters
			for _, f := range c.filters {
				one, err := ParseFilter(f[0], f[1])
				if err != nil {
					t.Fatal(err)
				}
				filters = append(filters, one)
			}
			if got := filters.Pass(event); got != c.passes {
				t.Errorf("passes: %t, want %t", got, c.passes)
			}
		})
	}
}

func TestParseFilterErrors(t *testing.T) {
	for _, c := range [][2]string{{"", ""}, {"", "!"}, {"", "("}, {"name", ""}, {"kind(x)", ""}, {"method(like)", "x"}, {"method(exact)", ""},
		{"action(drop)", ""}, {"name(x)", "text"}, {"method(regex)", "["}} {
		if _, err := ParseFilter(c[0], c[1]); err == nil {
			t.Errorf("%q %q is accepted", c[0], c[1])
		}
	}
}
