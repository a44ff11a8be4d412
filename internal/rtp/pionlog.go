package rtp

import (
	"crypto/x509"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

type certificate = x509.Certificate

// pionLog takes what pion's ICE and DTLS log. All of it is detail of one call, and
// what goes wrong is told by its outcome.
type pionLog struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (p pionLog) NewLogger(scope string) logging.LeveledLogger { return pionScope{p.log, scope} }

type pionScope struct {
	log   *slog.Logger
	scope string
}

func (p pionScope) tell(text string) { p.log.Debug(text, "scope", p.scope) }

func (p pionScope) Trace(string)              {}
func (p pionScope) Tracef(string, ...any)     {}
func (p pionScope) Debug(string)              {}
func (p pionScope) Debugf(string, ...any)     {}
func (p pionScope) Info(string)               {}
func (p pionScope) Infof(string, ...any)      {}
func (p pionScope) Warn(text string)          { p.tell(text) }
func (p pionScope) Warnf(f string, a ...any)  { p.tell(fmt.Sprintf(f, a...)) }
func (p pionScope) Error(text string)         { p.tell(text) }
func (p pionScope) Errorf(f string, a ...any) { p.tell(fmt.Sprintf(f, a...)) }
