package dialplan

import "math/big"

// The elementary functions, to more bits than the extended format has, so that
// rounding gives the 18 digits that Asterisk prints. None is fast; dialplans
// call them seldom.

const workBits = 176

func work() *big.Float { return new(big.Float).SetPrec(workBits) }

func workOf(n number) *big.Float { return work().Set(n.big()) }

// tiny reports whether a term no longer counts beside sum.
func tiny(term, sum *big.Float) bool {
	return term.Sign() == 0 || sum.Sign() != 0 && term.MantExp(nil) < sum.MantExp(nil)-workBits
}

// expOf returns e to the x, for |x| below 2^15.
func expOf(x *big.Float) *big.Float {
	// e^x = (e^(x/2^k))^(2^k)
	const halvings = 24
	reduced := work().SetMantExp(x, -halvings)
	sum, term := work().SetInt64(1), work().SetInt64(1)
	for i := int64(1); i < 200; i++ {
		term.Mul(term, reduced)
		term.Quo(term, work().SetInt64(i))
		if tiny(term, sum) {
			break
		}
		sum.Add(sum, term)
	}
	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// logOf returns the natural logarithm of x > 0.
func logOf(x *big.Float) *big.Float {
	fraction := work()
	exponent := x.MantExp(fraction) // 0.5 <= fraction < 1
	result := atanhSeries(fraction)
	if exponent != 0 {
		result.Add(result, work().Mul(lnTwo(), work().SetInt64(int64(exponent))))
	}
	return result
}

func lnTwo() *big.Float { return atanhSeries(work().SetInt64(2)) }

// atanhSeries returns ln y as 2 atanh((y-1)/(y+1)), for y between 0.5 and 2.
func atanhSeries(y *big.Float) *big.Float {
	one := work().SetInt64(1)
	z := work().Quo(work().Sub(y, one), work().Add(y, one))
	square := work().Mul(z, z)
	sum, power := work().Set(z), work().Set(z)
	for i := int64(3); i < 600; i += 2 {
		power.Mul(power, square)
		term := work().Quo(power, work().SetInt64(i))
		if tiny(term, sum) {
			break
		}
		sum.Add(sum, term)
	}
	return sum.Mul(sum, work().SetInt64(2))
}

// sinCos returns sine and cosine of x.
func sinCos(x *big.Float) (sin, cos *big.Float) {
	// Take multiples of pi/2 off with as many bits as x has before its point.
	bits := uint(workBits)
	if e := x.MantExp(nil); e > 0 {
		bits += uint(e)
	}
	quarter := piOf(bits)
	quarter.SetMantExp(quarter, -1)
	turns := new(big.Float).SetPrec(bits).Quo(new(big.Float).SetPrec(bits).Set(x), quarter)
	whole, _ := turns.Int(nil)
	rest := new(big.Float).SetPrec(bits).Sub(turns, new(big.Float).SetPrec(bits).SetInt(whole))
	rest.Mul(rest, quarter)
	rest.SetPrec(workBits)
	sin, cos = taylor(rest, 1), taylor(rest, 0)
	switch new(big.Int).And(whole, big.NewInt(3)).Int64() {
	case 1:
		return cos, sin.Neg(sin)
	case 2:
		return sin.Neg(sin), cos.Neg(cos)
	case 3:
		return cos.Neg(cos), sin
	}
	return sin, cos
}

// taylor sums the sine's (first 1) or cosine's (first 0) series.
func taylor(x *big.Float, first int64) *big.Float {
	square := work().Mul(x, x)
	term := work().SetInt64(1)
	if first == 1 {
		term.Set(x)
	}
	sum := work().Set(term)
	for i := first; i < 200; i += 2 {
		term.Mul(term, square)
		term.Quo(term, work().SetInt64((i+1)*(i+2)))
		term.Neg(term)
		if tiny(term, sum) {
			break
		}
		sum.Add(sum, term)
	}
	return sum
}

// atanOf returns the arc tangent of x.
func atanOf(x *big.Float) *big.Float {
	one := work().SetInt64(1)
	if work().Abs(x).Cmp(one) > 0 { // atan x = ±pi/2 - atan 1/x
		quarter := piOf(workBits)
		quarter.SetMantExp(quarter, -1)
		if x.Sign() < 0 {
			quarter.Neg(quarter)
		}
		return quarter.Sub(quarter, atanOf(work().Quo(one, x)))
	}
	// atan x = 2 atan(x / (1 + sqrt(1+x²))), until x is small
	z, doublings := work().Set(x), 0
	for z.Sign() != 0 && z.MantExp(nil) > -8 {
		root := work().Sqrt(work().Add(one, work().Mul(z, z)))
		z.Quo(z, root.Add(root, one))
		doublings++
	}
	square := work().Mul(z, z)
	sum, power := work().Set(z), work().Set(z)
	for i := int64(3); i < 200; i += 2 {
		power.Mul(power, square)
		power.Neg(power)
		term := work().Quo(power, work().SetInt64(i))
		if tiny(term, sum) {
			break
		}
		sum.Add(sum, term)
	}
	return sum.SetMantExp(sum, doublings)
}

// piOf returns pi by Machin's formula.
func piOf(bits uint) *big.Float {
	a := inverseAtan(5, bits)
	a.SetMantExp(a, 4)
	b := inverseAtan(239, bits)
	b.SetMantExp(b, 2)
	return a.Sub(a, b)
}

// inverseAtan returns atan(1/n).
func inverseAtan(n int64, bits uint) *big.Float {
	bits += 16
	float := func() *big.Float { return new(big.Float).SetPrec(bits) }
	power := float().Quo(float().SetInt64(1), float().SetInt64(n))
	square := float().SetInt64(n * n)
	sum := float().Set(power)
	for i := int64(3); ; i += 2 {
		power.Quo(power, square)
		power.Neg(power)
		term := float().Quo(power, float().SetInt64(i))
		if term.MantExp(nil) < -int(bits) {
			return sum
		}
		sum.Add(sum, term)
	}
}
