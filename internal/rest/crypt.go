package rest

import (
	"crypto/md5" //nolint:gosec // hashes of that kind are what people have
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// Hashes of passwords as crypt(3) of Unix makes them: SHA-512 ($6$), SHA-256 ($5$) and
// MD5 ($1$). The first two follow U. Drepper's "Unix crypt using SHA-256 and SHA-512".

var errHash = errors.New("no hash of a kind that is known here: $6$, $5$ or $1$")

// A hashing is a kind of hash.
type hashing struct {
	id    string
	new   func() hash.Hash
	order []int // in which the bytes are written, three by three; -1 is none
}

var hashings = []hashing{
	{"6", sha512.New, turned(64, 21)},
	{"5", sha256.New, turned(32, 10)},
	{"1", md5.New, []int{0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5, -1, -1, 11}},
}

// turned is the order of SHA-crypt: triples step by step bytes apart, their first byte moving on
// within each. What is left over comes last.
func turned(size, step int) []int {
	var order []int
	a, b, c := 0, step, 2*step
	for range step {
		order = append(order, a, b, c)
		if size == 64 {
			a, b, c = b+1, c+1, a+1
		} else {
			a, b, c = c+1, a+1, b+1
		}
	}
	if size == 64 {
		return append(order, -1, -1, 63)
	}
	return append(order, -1, 31, 30)
}

// checkHash reports whether a password is that of a hash.
func checkHash(written, password string) bool {
	made, err := crypt(written, password)
	return err == nil && subtle.ConstantTimeCompare([]byte(made), []byte(written)) == 1
}

// crypt makes the hash of a password with the kind, the salt and the rounds of another.
func crypt(like, password string) (string, error) {
	parts := strings.Split(like, "$")
	if len(parts) < 3 || parts[0] != "" {
		return "", errHash
	}
	var kind *hashing
	for i := range hashings {
		if hashings[i].id == parts[1] {
			kind = &hashings[i]
		}
	}
	if kind == nil {
		return "", errHash
	}
	if kind.id == "1" {
		salt := cut(parts[2], 8)
		return "$1$" + salt + "$" + kind.written(md5Crypt([]byte(password), salt)), nil
	}
	rounds, head, salt := 5000, "", parts[2]
	if text, ok := strings.CutPrefix(salt, "rounds="); ok && len(parts) > 3 {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "", fmt.Errorf("rounds: %w", err)
		}
		rounds, salt = min(max(n, 1000), 999_999_999), parts[3]
		head = "rounds=" + strconv.Itoa(rounds) + "$"
	}
	salt = cut(salt, 16)
	return "$" + kind.id + "$" + head + salt + "$" + kind.written(kind.shaCrypt([]byte(password), salt, rounds)), nil
}

func cut(text string, most int) string { return text[:min(len(text), most)] }

// sum hashes parts, one after the other.
func (k *hashing) sum(parts ...[]byte) []byte {
	h := k.new()
	for _, p := range parts {
		_, _ = h.Write(p) // never fails, see hash.Hash
	}
	return h.Sum(nil)
}

// stretched is b over and over, to a length.
func stretched(b []byte, length int) []byte {
	out := make([]byte, 0, length+len(b))
	for len(out) < length {
		out = append(out, b...)
	}
	return out[:length]
}

func (k *hashing) shaCrypt(password []byte, saltText string, rounds int) []byte {
	salt := []byte(saltText)
	b := k.sum(password, salt, password)
	start := [][]byte{password, salt, stretched(b, len(password))}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 != 0 {
			start = append(start, b)
		} else {
			start = append(start, password)
		}
	}
	a := k.sum(start...)
	p := stretched(k.sum(stretched(password, len(password)*len(password))), len(password))
	s := stretched(k.sum(stretched(salt, len(salt)*(16+int(a[0])))), len(salt))
	for i := range rounds {
		a = k.round(i, a, p, s)
	}
	return a
}

// round is one of the many that make guessing slow.
func (k *hashing) round(i int, a, password, salt []byte) []byte {
	first, last := a, password
	if i&1 != 0 {
		first, last = password, a
	}
	parts := [][]byte{first}
	if i%3 != 0 {
		parts = append(parts, salt)
	}
	if i%7 != 0 {
		parts = append(parts, password)
	}
	return k.sum(append(parts, last)...)
}

func md5Crypt(password []byte, saltText string) []byte {
	k, salt := &hashings[2], []byte(saltText)
	b := k.sum(password, salt, password)
	start := [][]byte{password, []byte("$1$"), salt, stretched(b, len(password))}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 != 0 {
			start = append(start, []byte{0})
		} else {
			start = append(start, password[:1])
		}
	}
	a := k.sum(start...)
	for i := range 1000 {
		a = k.round(i, a, password, salt)
	}
	return a
}

// written is a hash in crypt's own base 64.
func (k *hashing) written(sum []byte) string {
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var out strings.Builder
	for i := 0; i+2 < len(k.order); i += 3 {
		value, count := 0, 4
		for _, at := range k.order[i : i+3] {
			value <<= 8
			if at < 0 {
				count--
				continue
			}
			value |= int(sum[at])
		}
		for range count {
			out.WriteByte(digits[value&63])
			value >>= 6
		}
	}
	return out.String()
}
