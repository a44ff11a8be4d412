package tracing

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// A delivery says how spans reach the collector: the variables of the
// OpenTelemetry Protocol Exporter's specification. What asterisk.conf says comes
// first. The SDK reads the others itself: the sampler, limits, OTEL_BSP_*.
type delivery struct {
	off     bool // OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER=none
	url     string
	headers http.Header
	timeout time.Duration // of one attempt
	gzip    bool
	tls     *tls.Config // nil is the system's
	queue   int         // spans
}

const (
	defaultTimeout = 10 * time.Second
	// defaultQueue is more than OpenTelemetry's 2048: that is what 200 calls a
	// second leave behind in the second that a batch may take.
	defaultQueue = 8192
)

// variable returns the variable for traces, or the one for all signals.
func variable(name string) (key, value string) {
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"} {
		if v := os.Getenv(prefix + name); v != "" {
			return prefix + name, v
		}
	}
	return "", ""
}

// readEnvironment returns how to deliver. The error names the variables that
// can't be honoured.
func readEnvironment(endpoint string) (delivery, error) {
	d := delivery{timeout: defaultTimeout, queue: defaultQueue, headers: http.Header{}}
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		d.off = true
		return d, nil
	}
	var errs []error
	if v := os.Getenv("OTEL_TRACES_EXPORTER"); v != "" && v != "otlp" {
		errs = append(errs, fmt.Errorf("OTEL_TRACES_EXPORTER=%s: known are otlp and none", v))
	}
	if key, v := variable("PROTOCOL"); v != "" && v != "http/protobuf" {
		errs = append(errs, fmt.Errorf("%s=%s: known is http/protobuf", key, v))
	}
	errs = append(errs, d.address(endpoint), d.numbers(), d.header(), d.compression(), d.certificates())
	return d, errors.Join(errs...)
}

// address finds the collector: the file's, the variable for traces as it stands,
// the one for all signals, or the standard one.
func (d *delivery) address(endpoint string) (err error) {
	const all, own = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	switch {
	case endpoint != "":
		d.url, err = tracesURL(endpoint)
		return err
	case os.Getenv(own) != "":
		d.url = os.Getenv(own)
		if _, err := httpURL(d.url); err != nil {
			return fmt.Errorf("%s=%s: %w", own, d.url, err)
		}
		return nil
	}
	v := os.Getenv(all)
	if v == "" {
		v = "http://localhost:4318"
	}
	if d.url, err = tracesURL(v); err != nil {
		return fmt.Errorf("%s=%s: %w", all, v, err)
	}
	return nil
}

func (d *delivery) numbers() error {
	var errs []error
	if key, v := variable("TIMEOUT"); v != "" {
		ms, err := strconv.Atoi(v)
		if err != nil || ms <= 0 {
			errs = append(errs, fmt.Errorf("%s=%s: no number of milliseconds", key, v))
		}
		d.timeout = time.Duration(ms) * time.Millisecond
	}
	const queue = "OTEL_BSP_MAX_QUEUE_SIZE"
	if v := os.Getenv(queue); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n <= 0 {
			errs = append(errs, fmt.Errorf("%s=%s: no number of spans", queue, v))
		}
		d.queue = n
	}
	return errors.Join(errs...)
}

// header reads "name=value,name=value", values escaped as in a URL.
func (d *delivery) header() error {
	key, list := variable("HEADERS")
	if list == "" {
		return nil
	}
	for pair := range strings.SplitSeq(list, ",") {
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !ok || name == "" || err != nil {
			return fmt.Errorf("%s: %q is no name=value", key, name) // a value may be a secret
		}
		d.headers.Set(name, value)
	}
	return nil
}

func (d *delivery) compression() error {
	key, v := variable("COMPRESSION")
	switch v {
	case "", "none":
	case "gzip":
		d.gzip = true
	default:
		return fmt.Errorf("%s=%s: known are gzip and none", key, v)
	}
	return nil
}

func (d *delivery) certificates() error {
	key, authorities := variable("CERTIFICATE")
	pairKey, certificate := variable("CLIENT_CERTIFICATE")
	_, secret := variable("CLIENT_KEY")
	if authorities == "" && certificate == "" {
		return nil
	}
	d.tls = &tls.Config{MinVersion: tls.VersionTLS12}
	if authorities != "" {
		text, err := os.ReadFile(authorities)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		d.tls.RootCAs = x509.NewCertPool()
		if !d.tls.RootCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("%s=%s: no certificate in it", key, authorities)
		}
	}
	if certificate != "" {
		pair, err := tls.LoadX509KeyPair(certificate, secret)
		if err != nil {
			return fmt.Errorf("%s: %w", pairKey, err)
		}
		d.tls.Certificates = []tls.Certificate{pair}
	}
	return nil
}
