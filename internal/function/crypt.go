package function

import (
	"bytes"
	"context"
	"crypto/aes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// crypts are the functions that write a text in another way: encrypted, quoted
// for a database, in another character set.
func (h *House) crypts() []Function {
	return []Function{
		read("AES_ENCRYPT", "func_aes", "Text encrypted with AES, in base64", "key,string", aesEncrypt),
		read("AES_DECRYPT", "func_aes", "Text that AES_ENCRYPT encrypted", "key,string", aesDecrypt),
		read("SQL_ESC", "func_odbc", "Text with single quotes doubled", "string",
			func(s string) (string, error) { return strings.ReplaceAll(s, "'", "''"), nil }),
		read("SQL_ESC_BACKSLASHES", "func_odbc", "Text with backslashes doubled", "string",
			func(s string) (string, error) { return strings.ReplaceAll(s, `\`, `\\`), nil }),
		full("ICONV", "func_iconv", "Text in another character set", "in-charset,out-charset,string",
			func(_ context.Context, _ *channel.Channel, args string) (string, error) { return iconv(args) }, nil),
	}
}

// aesArguments are a key of 128 bits and a text.
func aesArguments(name, args string) (key []byte, text string, err error) {
	k, text, _ := strings.Cut(args, ",")
	switch {
	case k == "" || text == "":
		return nil, "", fmt.Errorf("%w: %s(key,string)", errArgs, name)
	case len(k) != aes.BlockSize:
		return nil, "", fmt.Errorf("%s: the key must have %d characters", name, aes.BlockSize)
	}
	return []byte(k), text, nil
}

// aesEncrypt encrypts block by block, each by itself, the last filled up with
// zeros: it is what Asterisks have exchanged for years, not what one would choose.
func aesEncrypt(args string) (string, error) {
	key, text, err := aesArguments("AES_ENCRYPT", args)
	if err != nil {
		return "", err
	}
	cipher, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	data := make([]byte, (len(text)+aes.BlockSize-1)/aes.BlockSize*aes.BlockSize)
	copy(data, text)
	for at := 0; at < len(data); at += aes.BlockSize {
		cipher.Encrypt(data[at:], data[at:])
	}
	return base64.StdEncoding.EncodeToString(data), nil
}

func aesDecrypt(args string) (string, error) {
	key, text, err := aesArguments("AES_DECRYPT", args)
	if err != nil {
		return "", err
	}
	cipher, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("AES_DECRYPT: no base64: %w", err)
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return "", errors.New("AES_DECRYPT: that is not a number of whole blocks")
	}
	for at := 0; at < len(data); at += aes.BlockSize {
		cipher.Decrypt(data[at:], data[at:])
	}
	if end := bytes.IndexByte(data, 0); end >= 0 {
		data = data[:end]
	}
	return string(data), nil
}

// iconv reads a text in one character set and writes it in another. What can't
// be written ends it, unless the set's name ends in //TRANSLIT, which drops
// accents, or //IGNORE.
func iconv(args string) (string, error) {
	in, rest, _ := strings.Cut(args, ",")
	out, text, ok := strings.Cut(rest, ",")
	if !ok {
		return "", fmt.Errorf("%w: ICONV(in-charset,out-charset,string)", errArgs)
	}
	out, how, _ := strings.Cut(strings.TrimSpace(out), "//")
	from, err := characterSet(in)
	if err != nil {
		return "", err
	}
	to, err := characterSet(out)
	if err != nil {
		return "", err
	}
	plain, err := from.NewDecoder().String(text)
	if err != nil {
		return "", fmt.Errorf("ICONV: not %s: %w", in, err)
	}
	if strings.EqualFold(how, "TRANSLIT") {
		bare := transform.Chain(norm.NFD, runes.Remove(runes.Predicate(isMark)), norm.NFC)
		return writtenIn(to, plain, func(r rune) string {
			s, _, _ := transform.String(bare, string(r))
			return s
		})
	}
	if strings.EqualFold(how, "IGNORE") {
		return writtenIn(to, plain, func(rune) string { return "" })
	}
	return writtenIn(to, plain, nil)
}

// isMark tells whether a rune is an accent that stands by itself.
func isMark(r rune) bool { return r >= 0x300 && r <= 0x36f }

// writtenIn is a text in a character set. What the set does not have is replaced,
// or with no replacement ends it.
func writtenIn(to encoding.Encoding, text string, replace func(rune) string) (string, error) {
	var b strings.Builder
	e := to.NewEncoder()
	for _, r := range text {
		s, err := e.String(string(r))
		if err != nil && replace == nil {
			return b.String(), fmt.Errorf("ICONV: no way to write %q", r)
		}
		if err != nil {
			if s, err = e.String(replace(r)); err != nil {
				s = "?"
			}
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// characterSet finds a character set by one of its names.
func characterSet(name string) (encoding.Encoding, error) {
	name = strings.TrimSpace(name)
	switch strings.ToLower(name) {
	case "utf-8", "utf8":
		return unicode.UTF8, nil
	}
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		return nil, fmt.Errorf("ICONV: unknown character set %q", name)
	}
	return e, nil
}
