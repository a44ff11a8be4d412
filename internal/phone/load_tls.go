package phone

import (
	"errors"
	"io/fs"

	"github.com/octothorpe/octothorpe/internal/config"
)

// The options that name the files of TLS, by face: the certificate, its key, and
// the authorities.
var (
	pjsipCertificates = []string{"cert_file", "priv_key_file", "ca_list_file", "ca_list_path"}
	sipCertificates   = []string{"tlscertfile", "tlsprivatekey", "tlscafile", "tlscapath"}
)

// certificates tells whether the files of a TLS transport can be used, which
// nobody would notice before the first phone that can't connect. It reports false
// where one can't be read: the reference leaves such a transport of pjsip.conf out.
func (l *Loader) certificates(t *Transport, s *config.Section, options []string) bool {
	_, err := tlsConfig(t)
	if err == nil {
		return true
	}
	t.unusable = true
	at := heading(s)
	if t.CertFile == "" {
		l.problem(at, true, "transport %s has no %s: nobody can connect to it", t.Name, options[0])
		return true
	}
	var file *fs.PathError
	readable := !errors.As(err, &file)
	for _, name := range options {
		e, ok := s.Entry(name)
		if ok && (at.Key == "" || !readable && e.Value == file.Path) {
			at = e
		}
	}
	if readable {
		l.problem(at, true, "transport %s: %v: nobody can connect to it", t.Name, err)
		return true
	}
	l.problem(at, true, "transport %s: %v: it is left out", t.Name, err)
	return false
}
