package dialplan

import (
	"math"
	"math/big"
)

// mathematics are the functions that an expression knows by itself; every other
// name is a dialplan function.
var mathematics = map[string]struct {
	arity int
	f     func(x, y number) number
}{
	"COS":       {1, unary(math.Cos, func(x *big.Float) *big.Float { _, cos := sinCos(x); return cos })},
	"SIN":       {1, unary(math.Sin, func(x *big.Float) *big.Float { sin, _ := sinCos(x); return sin })},
	"TAN":       {1, unary(math.Tan, tanOf)},
	"ACOS":      {1, arc(math.Acos, func(x *big.Float) *big.Float { return work().Sub(halfPi(), asinOf(x)) })},
	"ASIN":      {1, arc(math.Asin, asinOf)},
	"ATAN":      {1, unary(math.Atan, atanOf)},
	"ATAN2":     {2, atan2},
	"POW":       {2, power},
	"SQRT":      {1, squareRoot},
	"ROUND":     {1, rounded(func(r *big.Rat) *big.Int { return awayFromZero(r) })},
	"RINT":      {1, rounded(nearest)},
	"FLOOR":     {1, rounded(floorOf)},
	"CEIL":      {1, rounded(func(r *big.Rat) *big.Int { f := floorOf(r.Neg(r)); return f.Neg(f) })},
	"TRUNC":     {1, rounded(func(r *big.Rat) *big.Int { return new(big.Int).Quo(r.Num(), r.Denom()) })},
	"EXP":       {1, func(x, _ number) number { return exponential(x, nil) }},
	"EXP2":      {1, func(x, _ number) number { return exponential(x, lnTwo()) }},
	"EXP10":     {1, func(x, _ number) number { return exponential(x, logOf(work().SetInt64(10))) }},
	"LOG":       {1, func(x, _ number) number { return logarithm(x, nil) }},
	"LOG2":      {1, func(x, _ number) number { return logarithm(x, lnTwo()) }},
	"LOG10":     {1, func(x, _ number) number { return logarithm(x, logOf(work().SetInt64(10))) }},
	"REMAINDER": {2, func(x, y number) number { return remainderOrNaN(x, y) }},
}

func remainderOrNaN(x, y number) number {
	if y.zero() {
		return notANumber(true)
	}
	return x.ieeeRemainder(y)
}

// unary applies precise to what is finite and rough to infinities and NaN.
func unary(rough func(float64) float64, precise func(*big.Float) *big.Float) func(x, y number) number {
	return func(x, _ number) number {
		if !x.finite() {
			return fromFloat(rough(x.float()))
		}
		if x.zero() { // keeps the sign of -0, and the series from dividing by it
			return fromFloat(rough(x.float()))
		}
		return extended(precise(workOf(x)))
	}
}

// arc is unary for functions that are defined between -1 and 1 only.
func arc(rough func(float64) float64, precise func(*big.Float) *big.Float) func(x, y number) number {
	inner := unary(rough, precise)
	return func(x, y number) number {
		if x.finite() && work().Abs(x.big()).Cmp(work().SetInt64(1)) > 0 {
			return notANumber(false)
		}
		if x.zero() {
			return extended(precise(workOf(x)))
		}
		return inner(x, y)
	}
}

// rounded makes an integer of a number; a result of zero keeps the sign.
func rounded(f func(*big.Rat) *big.Int) func(x, y number) number {
	return func(x, _ number) number {
		if !x.finite() || x.x == nil {
			return x
		}
		whole := work().SetInt(f(rational(x)))
		if whole.Sign() == 0 && x.negative() {
			whole.Neg(whole)
		}
		return extended(whole)
	}
}

func awayFromZero(r *big.Rat) *big.Int {
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		whole := floorOf(r.Add(r.Neg(r), half))
		return whole.Neg(whole)
	}
	return floorOf(r.Add(r, half))
}

func halfPi() *big.Float {
	p := piOf(workBits)
	return p.SetMantExp(p, -1)
}

func tanOf(x *big.Float) *big.Float {
	sin, cos := sinCos(x)
	return sin.Quo(sin, cos)
}

func asinOf(x *big.Float) *big.Float {
	one := work().SetInt64(1)
	rest := work().Sub(one, work().Mul(x, x))
	if rest.Sign() <= 0 {
		half := halfPi()
		if x.Sign() < 0 {
			half.Neg(half)
		}
		return half
	}
	return atanOf(work().Quo(x, rest.Sqrt(rest)))
}

func atan2(y, x number) number {
	if !y.finite() || !x.finite() || y.zero() && !x.negative() || x.zero() && y.zero() {
		return fromFloat(math.Atan2(y.float(), x.float()))
	}
	if x.zero() {
		half := halfPi()
		if y.negative() {
			half.Neg(half)
		}
		return extended(half)
	}
	angle := atanOf(work().Quo(workOf(y), workOf(x)))
	if x.negative() {
		if y.negative() {
			angle.Sub(angle, piOf(workBits))
		} else {
			angle.Add(angle, piOf(workBits))
		}
	}
	return extended(angle)
}

func squareRoot(x, _ number) number {
	switch {
	case x.nan():
		return x
	case x.zero() || x.x != nil && x.x.IsInf() && !x.negative():
		return x
	case x.negative():
		return notANumber(true)
	}
	return extended(work().Sqrt(workOf(x)))
}

// exponential returns e^(x*factor); a nil factor is 1.
func exponential(x number, factor *big.Float) number {
	if !x.finite() {
		return fromFloat(math.Exp(x.float()))
	}
	exponent := workOf(x)
	if factor != nil {
		exponent.Mul(exponent, factor)
	}
	return raise(exponent, false)
}

// raise returns e^exponent, or its negative.
func raise(exponent *big.Float, negative bool) number {
	const bound = 14 // 2^14 is beyond the format's largest logarithm, 11356
	if exponent.Sign() != 0 && exponent.MantExp(nil) > bound {
		if exponent.Sign() < 0 {
			return number{}
		}
		return number{x: new(big.Float).SetInf(negative)}
	}
	result := expOf(exponent)
	if negative {
		result.Neg(result)
	}
	return extended(result)
}

func logarithm(x number, base *big.Float) number {
	switch {
	case x.nan():
		return x
	case x.zero():
		return number{x: new(big.Float).SetInf(true)}
	case x.negative():
		return notANumber(false)
	case !x.finite():
		return x
	}
	result := logOf(workOf(x))
	if base != nil {
		result.Quo(result, base)
	}
	return extended(result)
}

func power(x, y number) number {
	if !x.finite() || !y.finite() || x.zero() || y.zero() {
		return fromFloat(math.Pow(x.float(), y.float()))
	}
	negative := false
	if x.negative() {
		if !y.big().IsInt() {
			return notANumber(true)
		}
		whole, _ := y.big().Int(nil)
		negative = whole.Bit(0) == 1
	}
	exponent := logOf(work().Abs(workOf(x)))
	return raise(exponent.Mul(exponent, workOf(y)), negative)
}
