package dialplan

import "strings"

// unquotient is what a division by zero gives.
const unquotient = 2147483647

const notNumeric = "non-numeric argument"

type conditional struct{ test, yes, no node }

func (n *conditional) eval(r *evaluation) value {
	test, yes, no := n.test.eval(r), n.yes.eval(r), n.no.eval(r)
	if test.truth() {
		return yes
	}
	return no
}

type sign struct {
	kind tokenKind
	of   node
}

func (n *sign) eval(r *evaluation) value {
	v := n.of.eval(r)
	x, ok := v.number()
	if n.kind == tokenNot {
		// Looked at as an integer, which is why !0.5 is 1; no text is true here.
		return value{kind: numeric, n: truth(!ok || x.finite() && whole(x).zero())}
	}
	if !ok {
		r.warn(notNumeric)
		return value{kind: numeric}
	}
	return value{kind: numeric, n: x.neg()}
}

func whole(x number) number { return mathematics["TRUNC"].f(x, number{}) }

type operation struct {
	kind        tokenKind
	left, right node
}

func (n *operation) eval(r *evaluation) value {
	a, b := n.left.eval(r), n.right.eval(r)
	switch n.kind {
	case tokenOr:
		if a.empty() {
			return b
		}
		return a.converted()
	case tokenAnd:
		if a.empty() || b.empty() {
			return value{kind: numeric}
		}
		return a.converted()
	case tokenJoin:
		return made(a.bare() + b.bare())
	case tokenPlus, tokenMinus, tokenTimes, tokenOver, tokenModulo:
		return value{kind: numeric, n: n.calculate(r, a, b)}
	}
	order, ok := compare(a, b)
	return value{kind: numeric, n: truth(n.holds(order, ok))}
}

func (n *operation) holds(order int, ok bool) bool {
	if !ok { // NaN is unequal to everything
		return n.kind == tokenNotEqual
	}
	switch n.kind {
	case tokenEqual:
		return order == 0
	case tokenNotEqual:
		return order != 0
	case tokenLess:
		return order < 0
	case tokenLessEqual:
		return order <= 0
	case tokenGreater:
		return order > 0
	}
	return order >= 0
}

// calculate has each operator's own way with what is no number.
func (n *operation) calculate(r *evaluation, a, b value) number {
	x, xok := a.number()
	y, yok := b.number()
	switch n.kind {
	case tokenPlus:
		if !xok {
			r.warn(notNumeric)
			return y
		}
		return x.add(y)
	case tokenMinus:
		if !xok || !yok {
			r.warn(notNumeric)
		}
		return x.sub(y)
	case tokenTimes:
		if !xok || !yok {
			r.warn(notNumeric)
			return number{}
		}
		return x.mul(y)
	case tokenOver:
		switch {
		case !xok:
			r.warn(notNumeric)
			return number{}
		case !yok:
			r.warn(notNumeric)
			return integer(unquotient)
		case y.zero():
			r.warn("division by zero")
			return integer(unquotient)
		}
		return x.div(y)
	}
	switch {
	case !xok || !yok:
		r.warn(notNumeric)
		return number{}
	case y.zero():
		r.warn("division by zero")
		return number{}
	}
	return x.mod(y)
}

// call is NAME(args) inside an expression: mathematics, or a dialplan function.
type call struct {
	name string
	args []node
}

func (n *call) eval(r *evaluation) value {
	var list [2]value
	values := list[:0]
	for _, arg := range n.args {
		values = append(values, arg.eval(r))
	}
	if strings.IndexByte(n.name, slot) >= 0 {
		r.astray = true
	}
	if r.astray {
		return value{}
	}
	if m, ok := mathematics[n.name]; ok {
		if len(values) != m.arity {
			r.warn("wrong arguments to " + n.name + "()")
			return value{kind: numeric}
		}
		x, y := values[0], value{}
		if m.arity == 2 {
			y = values[1]
		}
		return value{kind: numeric, n: m.f(x.n, y.n)}
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String()
	}
	result, err := r.env.Function(n.name, strings.Join(texts, ","))
	if err != nil {
		r.env.Warn("function in an expression failed", "function", n.name, "error", err)
		r.warned = true
		return value{kind: numeric}
	}
	return made(result)
}
