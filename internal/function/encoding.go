package function

import (
	"crypto/md5"  //nolint:gosec // MD5() is what users ask for
	"crypto/sha1" //nolint:gosec // SHA1() is what users ask for
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// encodings are digests and the ways to write bytes.
func (h *House) encodings() []Function {
	return []Function{
		read("MD5", "func_md5", "MD5 digest in hexadecimal", "data", func(s string) (string, error) {
			if s == "" {
				return "", errArgs
			}
			sum := md5.Sum([]byte(s))
			return hex.EncodeToString(sum[:]), nil
		}),
		read("SHA1", "func_sha1", "SHA-1 digest in hexadecimal", "data", func(s string) (string, error) {
			if s == "" {
				return "", errArgs
			}
			sum := sha1.Sum([]byte(s))
			return hex.EncodeToString(sum[:]), nil
		}),
		read("BASE64_ENCODE", "func_base64", "Text in base64", "string", func(s string) (string, error) {
			return base64.StdEncoding.EncodeToString([]byte(s)), nil
		}),
		read("BASE64_DECODE", "func_base64", "Text that was in base64", "string", func(s string) (string, error) {
			s = strings.TrimRight(s, "=")
			if len(s)%4 == 1 { // six bits are no byte
				s = s[:len(s)-1]
			}
			b, err := base64.RawStdEncoding.DecodeString(s)
			if err != nil {
				return "", fmt.Errorf("no base64: %w", err)
			}
			return string(b), nil
		}),
		read("URIENCODE", "func_uri", "Text with %-escapes", "data", func(s string) (string, error) { return uriEncode(s), nil }),
		read("URIDECODE", "func_uri", "Text without %-escapes", "data", func(s string) (string, error) { return uriDecode(s), nil }),
		read("UUID", "func_uuid", "A random UUID", "", func(string) (string, error) { return uuid.NewString(), nil }),
	}
}

// uriEncode escapes all but the unreserved characters of RFC 2396 §2.3.
func uriEncode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// uriDecode leaves what is no escape as it is; a % at the end is dropped behind
// other text.
func uriDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, digits := hexadecimal(s[i+1:]); digits == 2 {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
