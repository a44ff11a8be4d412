package logging

import (
	"fmt"
	"log/syslog"
	"strings"
)

// syslogger is a connection to the system's log daemon. A daemon that does not
// read delays the writer, not the calls.
type syslogger struct{ w *syslog.Writer }

var facilities = map[string]syslog.Priority{"kern": syslog.LOG_KERN, "user": syslog.LOG_USER, "mail": syslog.LOG_MAIL, "daemon": syslog.LOG_DAEMON,
	"auth": syslog.LOG_AUTH, "security": syslog.LOG_AUTH, "syslog": syslog.LOG_SYSLOG, "lpr": syslog.LOG_LPR, "news": syslog.LOG_NEWS,
	"uucp": syslog.LOG_UUCP, "cron": syslog.LOG_CRON, "authpriv": syslog.LOG_AUTHPRIV, "ftp": syslog.LOG_FTP,
	"local0": syslog.LOG_LOCAL0, "local1": syslog.LOG_LOCAL1, "local2": syslog.LOG_LOCAL2, "local3": syslog.LOG_LOCAL3,
	"local4": syslog.LOG_LOCAL4, "local5": syslog.LOG_LOCAL5, "local6": syslog.LOG_LOCAL6, "local7": syslog.LOG_LOCAL7}

// facility reads "syslog.local0"; "syslog" alone is the facility user.
func facility(name string) (syslog.Priority, bool) {
	_, word, named := strings.Cut(strings.ToLower(name), ".")
	if !named {
		word = "user"
	}
	p, ok := facilities[word]
	return p, ok
}

// openSyslog makes the system's log a channel that is not yet in use. name is
// "syslog.local0" or the like.
func openSyslog(name string, levels Levels, verbosity int) (*Channel, error) {
	priority, ok := facility(name)
	if !ok {
		return nil, fmt.Errorf("open %s: unknown facility", name)
	}
	w, err := syslog.New(priority|syslog.LOG_INFO, "asterisk")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return &Channel{Name: name, Kind: "Syslog", Levels: levels, Verbosity: verbosity, Formatter: "default", form: syslogForm, syslog: &syslogger{w}}, nil
}

func (s *syslogger) write(b Levels, text string) error {
	text = strings.TrimSuffix(text, "\n")
	switch b {
	case errorBit:
		return s.w.Err(text)
	case warningBit:
		return s.w.Warning(text)
	case noticeBit, securityBit:
		return s.w.Notice(text)
	}
	return s.w.Debug(text)
}

func (s *syslogger) close() { _ = s.w.Close() }
