package voicemail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// SMTP says which server takes mails, by the options smtp… of [general]: our own. They go
// there instead of to mailcmd.
type SMTP struct {
	Host, Port     string
	Security       string // starttls, tls (from the first byte on) or none
	User, Password string // authentication, which needs TLS unless the server is this machine
	CA             string // a file with the certificates to trust instead of the machine's
}

// readSMTP reads the options; nil: mails go to mailcmd.
func readSMTP(r *config.Reader, s *config.SectionReader, section *config.Section) *SMTP {
	address := s.String("smtp", "")
	o := &SMTP{User: s.String("smtp_user", ""), Password: s.String("smtp_password", ""), CA: s.String("smtp_ca", "")}
	security := s.Word("smtp_security", "", "starttls", "tls", "none")
	if address == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = address, "587"
	}
	if host == "" || port == "" {
		e, _ := section.Entry("smtp")
		r.Report(config.Error, e, "write smtp = mail.example.org:587", "smtp = %s is no server: mails go to mailcmd", address)
		return nil
	}
	o.Host, o.Port, o.Security = host, port, security
	if security == "" {
		if o.Security = "starttls"; port == "465" {
			o.Security = "tls"
		}
	}
	return o
}

// mailPatience is how long a server may take for one mail.
const mailPatience = 2 * time.Minute

// errNoTLS says that a server does not offer what smtp_security asks for.
var errNoTLS = errors.New("the server offers no STARTTLS; smtp_security = none sends in the clear")

// refusedMail is an error of a mail that the server will never take.
type refusedMail struct{ cause error }

func (r *refusedMail) Error() string { return "the server refuses the mail: " + r.cause.Error() }
func (r *refusedMail) Unwrap() error { return r.cause }

// final wraps what a server answers for good (RFC 5321 §4.2.1: 5yz) to a mail.
func final(err error) error {
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code >= 500 {
		return &refusedMail{err}
	}
	return err
}

func (o *SMTP) tls() (*tls.Config, error) {
	c := &tls.Config{ServerName: o.Host, MinVersion: tls.VersionTLS12}
	if o.CA == "" {
		return c, nil
	}
	text, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("read smtp_ca: %w", err)
	}
	if c.RootCAs = x509.NewCertPool(); !c.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("smtp_ca = %s has no certificate", o.CA)
	}
	return c, nil
}

// send hands one mail to the server (RFC 5321). An error that is a *refusedMail is final.
func (o *SMTP) send(ctx context.Context, from string, to []string, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, mailPatience)
	defer cancel()
	secret, err := o.tls()
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(o.Host, o.Port))
	if err != nil {
		return fmt.Errorf("reach the mail server: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if o.Security == "tls" {
		conn = tls.Client(conn, secret)
	}
	c, err := smtp.NewClient(conn, o.Host)
	if err != nil {
		return fmt.Errorf("greet the mail server: %w", err)
	}
	defer c.Close()
	if name, err := os.Hostname(); err == nil {
		if err := c.Hello(name); err != nil {
			return fmt.Errorf("greet the mail server: %w", err)
		}
	}
	if o.Security == "starttls" {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errNoTLS
		}
		if err := c.StartTLS(secret); err != nil {
			return fmt.Errorf("encrypt to the mail server: %w", err)
		}
	}
	if o.User != "" {
		if err := c.Auth(smtp.PlainAuth("", o.User, o.Password, o.Host)); err != nil {
			return fmt.Errorf("log in at the mail server: %w", err)
		}
	}
	if err := c.Mail(from); err != nil {
		return final(err)
	}
	for _, one := range to {
		if err := c.Rcpt(one); err != nil {
			return final(err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return final(err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	if err := w.Close(); err != nil {
		return final(err)
	}
	_ = c.Quit() // the mail has arrived
	return nil
}
