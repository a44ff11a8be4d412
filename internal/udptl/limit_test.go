package udptl

import "testing"

// What Asterisk 22 tells one side of a call as T38FaxMaxDatagram for what the other
// said.
func TestLimitsAreTheReferences(t *testing.T) {
	tests := []struct {
		from, to Correction
		told     map[int]int
	}{
		{None, None, map[int]int{40: 39, 72: 71, 80: 79, 84: 84, 85: 85, 100: 99, 150: 149, 250: 248, 300: 299, 400: 399, 1400: 1396}},
		{None, Redundancy, map[int]int{40: 145, 72: 271, 80: 305, 84: 322, 100: 385, 150: 582, 200: 784, 250: 981, 300: 1183, 400: 1400}},
		{FEC, None, map[int]int{200: 99, 201: 99, 202: 100, 204: 101, 206: 102, 400: 199, 600: 299, 700: 348}},
		{FEC, Redundancy, map[int]int{200: 385, 202: 389, 204: 393, 206: 397, 300: 582, 400: 784, 600: 1183, 700: 1380}},
		{Redundancy, None, map[int]int{80: 40, 100: 50, 140: 70, 200: 100, 202: 101, 208: 105, 300: 101, 400: 102, 1400: 351}},
		{Redundancy, Redundancy, map[int]int{80: 150, 100: 187, 140: 267, 200: 389, 208: 406, 300: 393, 400: 397, 600: 595, 1000: 994, 1400: 1393}},
		{None, FEC, map[int]int{300: 597}},
	}
	for _, test := range tests {
		for far, want := range test.told {
			longest, _ := Limit{Datagram: far, Correction: test.from}.IFP()
			if got := (Limit{Correction: test.to}).For(longest); got != want {
				t.Errorf("%d of %d is told as %d to %d, want %d", far, test.from, got, test.to, want)
			}
		}
	}
}
