package dialplan

import "strings"

// parser reads an expression by precedence climbing. Loosest to tightest, all
// left-associative:
//
//	?::    |    &    = == != < <= > >=    + -    * / %    unary - !    : =~ ~~
type parser struct {
	tokens []token
	at     int
	slots  int    // slots seen so far
	why    string // the first syntax error
}

func (p *parser) peek() tokenKind { return p.tokens[p.at].kind }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

var precedence = [...]int{
	tokenOr: 1, tokenAnd: 2,
	tokenEqual: 3, tokenNotEqual: 3, tokenLess: 3, tokenLessEqual: 3, tokenGreater: 3, tokenGreaterEqual: 3,
	tokenPlus: 4, tokenMinus: 4, tokenTimes: 5, tokenOver: 5, tokenModulo: 5,
	tokenMatchStart: tight, tokenMatch: tight, tokenJoin: tight,
	tokenComma: 0,
}

const (
	unaryPrecedence = 6
	tight           = 7
)

const operandWanted = ", expecting '-' or '!' or '(' or '<token>'"

// maxDepth bounds the nesting of parentheses and signs, for the stack's sake.
const maxDepth = 1000

// maxExpression is how many bytes an expression may have once everything is put
// in. Its tree may be as deep as it has operators, and the stack has an end.
const maxExpression = 64 << 10

// parseExpression reads a text: see parse.
func parseExpression(text string) (node, string) {
	if len(text) > maxExpression {
		return &word{value{kind: numeric}}, "it is too long"
	}
	p := parser{tokens: tokens(text)}
	return p.parse()
}

// parse returns the tree and what is wrong. After an error the tree is what the
// reference still makes of the text: what stands before a superfluous token, 0
// where something is missing, nothing where the beginning is no operand.
func (p *parser) parse() (node, string) {
	if p.peek() == tokenEnd {
		return &word{}, ""
	}
	if !p.startsOperand() {
		return nil, "unexpected " + p.peek().String() + ", expecting $end"
	}
	root := p.condition(0)
	if p.why != "" {
		return &word{value{kind: numeric}}, p.why
	}
	if p.peek() != tokenEnd {
		return root, "unexpected " + p.peek().String() + ", expecting $end"
	}
	return root, ""
}

func (p *parser) startsOperand() bool {
	switch p.peek() {
	case tokenWord, tokenMinus, tokenNot, tokenOpen:
		return true
	}
	return false
}

func (p *parser) fail(expecting string) node {
	if p.why == "" {
		p.why = "unexpected " + p.peek().String() + expecting
	}
	return &word{}
}

// condition reads a ? b :: c, which associates to the left.
func (p *parser) condition(depth int) node {
	left := p.binary(1, depth)
	for p.why == "" && p.peek() == tokenCondition {
		p.next()
		yes := p.condition(depth + 1)
		if p.why != "" {
			break
		}
		if p.peek() != tokenElse {
			return p.fail("")
		}
		p.next()
		left = &conditional{left, yes, p.binary(1, depth)}
	}
	return left
}

func (p *parser) binary(least, depth int) node {
	left := p.unary(depth)
	for p.why == "" {
		kind := p.peek()
		if int(kind) >= len(precedence) || precedence[kind] < least {
			break
		}
		p.next()
		right := p.binary(precedence[kind]+1, depth)
		switch kind {
		case tokenMatch, tokenMatchStart:
			left = newMatch(left, right, kind == tokenMatchStart)
		default:
			left = &operation{kind, left, right}
		}
	}
	return left
}

func (p *parser) unary(depth int) node {
	if depth > maxDepth {
		return p.fail(": nested too deeply")
	}
	switch p.peek() {
	case tokenMinus, tokenNot:
		kind := p.next().kind
		return &sign{kind, p.binary(unaryPrecedence, depth+1)}
	case tokenOpen:
		p.next()
		inner := p.condition(depth + 1)
		if p.why == "" && p.peek() != tokenClose {
			return p.fail("")
		}
		p.next()
		return inner
	case tokenWord:
		t := p.next()
		if p.peek() == tokenOpen {
			return p.call(t, depth)
		}
		return p.word(t)
	}
	return p.fail(operandWanted)
}

func (p *parser) word(t token) node {
	slots := strings.Count(t.text, string(rune(slot)))
	quoted := t.text[0] == '"'
	if slots == 0 {
		if quoted {
			return &word{value{kind: textual, s: t.text}}
		}
		return &word{wordValue(t.text)}
	}
	n := &pieces{text: t.text, first: p.slots, quoted: quoted}
	p.slots += slots
	if k := p.peek(); int(k) >= len(precedence) || precedence[k] < tight {
		n.signed = true
	}
	return n
}

// call reads NAME(expression, …).
func (p *parser) call(name token, depth int) node {
	p.next()
	c := &call{name: name.text}
	p.slots += strings.Count(name.text, string(rune(slot)))
	for p.why == "" {
		c.args = append(c.args, p.condition(depth+1))
		if p.why != "" {
			break
		}
		switch p.peek() {
		case tokenComma:
			p.next()
			continue
		case tokenClose:
			p.next()
			return c
		}
		return p.fail(", expecting ',' or ')'")
	}
	return c
}

// callsFunction reports whether evaluating the tree calls a function.
func callsFunction(n node) bool {
	switch n := n.(type) {
	case *call:
		return true
	case *sign:
		return callsFunction(n.of)
	case *operation:
		return callsFunction(n.left) || callsFunction(n.right)
	case *matching:
		return callsFunction(n.text) || callsFunction(n.pattern)
	case *conditional:
		return callsFunction(n.test) || callsFunction(n.yes) || callsFunction(n.no)
	}
	return false
}
