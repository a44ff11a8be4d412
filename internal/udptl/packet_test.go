package udptl

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"testing"
)

func TestPacketForm(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 200)
	for _, test := range []struct {
		p    packet
		want []byte
	}{
		{packet{sequence: 258, primary: []byte{6}}, []byte{1, 2, 1, 6, 0, 0}},
		{packet{sequence: 1, primary: []byte{6}, repeated: [][]byte{{8, 9}}}, []byte{0, 1, 1, 6, 0, 1, 2, 8, 9}},
		{packet{sequence: 1, primary: []byte{6}, fec: true, span: 3, parity: [][]byte{{8}}}, []byte{0, 1, 1, 6, 0x80, 1, 3, 1, 1, 8}},
		{packet{sequence: 1, primary: long}, append(append([]byte{0, 1, 0x80, 200}, long...), 0, 0)},
	} {
		got := test.p.append(nil)
		if !bytes.Equal(got, test.want) {
			t.Errorf("%+v is % x, want % x", test.p, got, test.want)
		}
		var p packet
		if err := p.parse(got); err != nil || !reflect.DeepEqual(p, test.p) {
			t.Errorf("% x is read as %+v (%v), want %+v", got, p, err, test.p)
		}
	}
}

// Parities are of the packets, and in the order, of the reference's.
func TestParities(t *testing.T) {
	var o outlet
	var got []string
	for i := range 11 {
		got = append(got, fmt.Sprintf("% x", o.next(binary.BigEndian.AppendUint16(nil, uint16(1)<<i), FEC, 3, 3).append(nil)))
	}
	for i, want := range map[int]string{0: "00 00 02 00 01 80 01 00 00", 2: "00 02 02 00 04 80 01 00 00", 3: "00 03 02 00 08 80 01 03 01 02 00 07",
		6: "00 06 02 00 40 80 01 03 02 02 00 15 02 00 2a", 9: "00 09 02 02 00 80 01 03 03 02 00 49 02 00 92 02 01 24"} {
		if got[i] != want {
			t.Errorf("packet %d is %s, want %s", i, got[i], want)
		}
	}
}

// Of packets of which some are lost the others bring what their correction can, in
// order and each once.
func TestLossesAreMadeUpFor(t *testing.T) {
	tests := []struct {
		name string
		by   Correction
		lost map[int]bool
		want []int
	}{
		{"nothing lost", None, nil, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"nothing to recover by", None, map[int]bool{3: true}, []int{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"three in a row", Redundancy, map[int]bool{3: true, 4: true, 5: true}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"four in a row", Redundancy, map[int]bool{3: true, 4: true, 5: true, 6: true}, []int{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"one, by parity", FEC, map[int]bool{9: true}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"three in a row, by parity", FEC, map[int]bool{7: true, 8: true, 9: true}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"one twice", None, map[int]bool{}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
	}
	for _, test := range tests {
		var o outlet
		o.sequence = 65530 // and over the top
		var n intake
		var got []int
		for i := range 12 {
			b := o.next([]byte(fmt.Sprint("packet ", i)), test.by, 3, 3).append(nil)
			if test.lost[i] {
				continue
			}
			var p packet
			if err := p.parse(b); err != nil {
				t.Fatal(err)
			}
			for range 2 { // copies are handed over once
				for _, v := range n.take(&p) {
					var k int
					if _, err := fmt.Sscanf(string(v), "packet %d", &k); err != nil {
						t.Fatalf("%s: %q: %v", test.name, v, err)
					}
					got = append(got, k)
				}
			}
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v came, want %v", test.name, got, test.want)
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte{0, 1, 1, 6, 0, 1, 2, 8, 9})
	f.Add([]byte{0, 1, 1, 6, 0x80, 1, 3, 1, 1, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		var p packet
		if p.parse(b) != nil {
			return
		}
		var n intake
		n.take(&packet{sequence: p.sequence - 3, primary: []byte{1}})
		n.take(&p)
		var again packet
		if err := again.parse(p.append(nil)); err != nil {
			t.Errorf("what was read is not read again: %v", err)
		}
	})
}
