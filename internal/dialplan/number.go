package dialplan

import (
	"math"
	"math/big"
	"strconv"
)

// number is what Asterisk calculates with: the x86's extended format, 64 bits
// of mantissa, printed with 18 digits. Integers below 1e18, which is nearly all
// that dialplans use, are kept as such.
type number struct {
	i int64
	x *big.Float // not nil: a value that is no small integer
	// weird is a value that is no number: NaN, in its two signs. Infinities are in x.
	weird float64
}

const (
	mantissa     = 64    // bits
	maxExponent  = 16384 // of two; beyond is infinity
	minExponent  = -16445
	smallInteger = 1_000_000_000_000_000_000
)

func integer(i int64) number { return number{i: i} }

func truth(yes bool) number {
	if yes {
		return number{i: 1}
	}
	return number{}
}

// extended makes a number of x, which it may change.
func extended(x *big.Float) number {
	x.SetPrec(mantissa)
	if !x.IsInf() && x.Sign() != 0 {
		switch exponent := x.MantExp(nil); {
		case exponent > maxExponent:
			x.SetInf(x.Signbit())
		case exponent < minExponent:
			negative := x.Signbit()
			if x.SetInt64(0); negative {
				x.Neg(x)
			}
		}
	}
	if x.IsInt() && !(x.Sign() == 0 && x.Signbit()) {
		if i, exact := x.Int64(); exact == big.Exact && i < smallInteger && i > -smallInteger {
			return number{i: i}
		}
	}
	return number{x: x}
}

func fromFloat(f float64) number {
	if math.IsNaN(f) {
		return number{weird: f}
	}
	return extended(big.NewFloat(f))
}

func notANumber(negative bool) number {
	return number{weird: math.Copysign(math.NaN(), map[bool]float64{false: 1, true: -1}[negative])}
}

func (n number) nan() bool { return n.weird != 0 }

// finite reports whether n is neither infinite nor NaN.
func (n number) finite() bool { return !n.nan() && (n.x == nil || !n.x.IsInf()) }

func (n number) big() *big.Float {
	if n.x != nil {
		return n.x
	}
	return new(big.Float).SetPrec(mantissa).SetInt64(n.i)
}

// float returns the nearest float64; it is exact for what is not finite.
func (n number) float() float64 {
	if n.nan() {
		return n.weird
	}
	if n.x != nil {
		f, _ := n.x.Float64()
		return f
	}
	return float64(n.i)
}

func (n number) zero() bool { return !n.nan() && n.i == 0 && (n.x == nil || n.x.Sign() == 0) }

func (n number) negative() bool {
	if n.x != nil {
		return n.x.Signbit()
	}
	return n.i < 0 || n.nan() && math.Signbit(n.weird)
}

// append prints the number as C's %.18Lg does.
func (n number) append(dst []byte) []byte {
	switch {
	case n.nan():
		if math.Signbit(n.weird) {
			dst = append(dst, '-')
		}
		return append(dst, "nan"...)
	case n.x == nil:
		return strconv.AppendInt(dst, n.i, 10)
	case n.x.IsInf():
		if n.x.Signbit() {
			dst = append(dst, '-')
		}
		return append(dst, "inf"...)
	}
	return n.x.Append(dst, 'g', 18)
}

func (n number) String() string {
	if n.x == nil && !n.nan() {
		return strconv.FormatInt(n.i, 10)
	}
	return string(n.append(nil))
}

// parseNumber reads the longest beginning of s that is a decimal number, as C's
// strtold does for digits and points; nothing is 0.
func parseNumber(s string) number {
	if i, ok := parseSmall(s); ok {
		return number{i: i}
	}
	end, points := 0, 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' && points == 0) {
		if s[end] == '.' {
			points++
		}
		end++
	}
	if end == points {
		return number{}
	}
	if end > 5000 { // no call means so many digits
		return number{x: new(big.Float).SetInf(false)}
	}
	x, _, err := big.ParseFloat(s[:end], 10, mantissa, big.ToNearestEven)
	if err != nil {
		return number{}
	}
	return extended(x)
}

func parseSmall(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 17 {
		return 0, false
	}
	i := int64(0)
	for k := 0; k < len(s); k++ {
		d := s[k] - '0'
		if d > 9 {
			return 0, false
		}
		i = i*10 + int64(d)
	}
	return i, true
}

func (n number) neg() number {
	if n.nan() {
		return number{weird: -n.weird}
	}
	if n.x == nil && n.i != 0 {
		return number{i: -n.i}
	}
	return extended(new(big.Float).Neg(n.big()))
}

func (n number) add(m number) number {
	if n.x == nil && m.x == nil && !n.nan() && !m.nan() {
		if sum := n.i + m.i; sum < smallInteger && sum > -smallInteger {
			return number{i: sum}
		}
	}
	if !n.finite() || !m.finite() {
		return fromFloat(n.float() + m.float())
	}
	return extended(new(big.Float).SetPrec(mantissa).Add(n.big(), m.big()))
}

func (n number) sub(m number) number {
	if n.x == nil && m.x == nil && !n.nan() && !m.nan() {
		if d := n.i - m.i; d < smallInteger && d > -smallInteger {
			return number{i: d}
		}
	}
	if !n.finite() || !m.finite() {
		return fromFloat(n.float() - m.float())
	}
	return extended(new(big.Float).SetPrec(mantissa).Sub(n.big(), m.big()))
}

func (n number) mul(m number) number {
	const half = 1 << 29
	if n.x == nil && m.x == nil && !n.nan() && !m.nan() && n.i != 0 && m.i != 0 &&
		n.i < half && n.i > -half && m.i < half && m.i > -half {
		return number{i: n.i * m.i}
	}
	if !n.finite() || !m.finite() {
		return fromFloat(n.float() * m.float())
	}
	return extended(new(big.Float).SetPrec(mantissa).Mul(n.big(), m.big()))
}

// div divides by what is not zero.
func (n number) div(m number) number {
	if n.x == nil && m.x == nil && !n.nan() && !m.nan() && n.i != 0 && n.i%m.i == 0 {
		return number{i: n.i / m.i}
	}
	if !n.finite() || !m.finite() {
		return fromFloat(n.float() / m.float())
	}
	return extended(new(big.Float).SetPrec(mantissa).Quo(n.big(), m.big()))
}

// mod is the remainder of a division by what is not zero, with n's sign.
func (n number) mod(m number) number {
	if n.x == nil && m.x == nil && !n.nan() && !m.nan() && n.i >= 0 {
		return number{i: n.i % m.i}
	}
	if !n.finite() || !m.finite() {
		return fromFloat(math.Mod(n.float(), m.float()))
	}
	q := new(big.Rat).Quo(rational(n), rational(m))
	whole := new(big.Rat).SetInt(new(big.Int).Quo(q.Num(), q.Denom()))
	return remainder(n, m, whole)
}

// ieeeRemainder is n - m*k where k is the integer nearest to n/m, even in a tie.
func (n number) ieeeRemainder(m number) number {
	if !n.finite() || !m.finite() {
		return fromFloat(math.Remainder(n.float(), m.float()))
	}
	q := new(big.Rat).Quo(rational(n), rational(m))
	return remainder(n, m, new(big.Rat).SetInt(nearest(q)))
}

func remainder(n, m number, whole *big.Rat) number {
	r := new(big.Rat).Sub(rational(n), whole.Mul(whole, rational(m)))
	x := new(big.Float).SetPrec(mantissa).SetRat(r)
	if x.Sign() == 0 && n.negative() {
		x.Neg(x)
	}
	return extended(x)
}

func rational(n number) *big.Rat {
	if n.x == nil {
		return new(big.Rat).SetInt64(n.i)
	}
	r, _ := n.x.Rat(nil)
	return r
}

// nearest rounds to the nearest integer, ties to even.
func nearest(q *big.Rat) *big.Int {
	double := new(big.Rat).Mul(q, big.NewRat(2, 1))
	floor := floorOf(new(big.Rat).Add(q, big.NewRat(1, 2)))
	if double.IsInt() && double.Num().Bit(0) == 1 && floor.Bit(0) == 1 {
		floor.Sub(floor, big.NewInt(1))
	}
	return floor
}

func floorOf(q *big.Rat) *big.Int {
	whole, rest := new(big.Int).QuoRem(q.Num(), q.Denom(), new(big.Int))
	if rest.Sign() < 0 {
		whole.Sub(whole, big.NewInt(1))
	}
	return whole
}

// cmp compares; a NaN is equal to nothing and orders as if it were, which is
// what ok false means.
func (n number) cmp(m number) (order int, ok bool) {
	if n.nan() || m.nan() {
		return 0, false
	}
	if n.x == nil && m.x == nil {
		switch {
		case n.i < m.i:
			return -1, true
		case n.i > m.i:
			return 1, true
		}
		return 0, true
	}
	return n.big().Cmp(m.big()), true
}
