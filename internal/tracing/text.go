package tracing

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/octothorpe/octothorpe/internal/event"
)

// clean makes text that protobuf takes: one byte that is no UTF-8, in a name
// from the wire, would lose the whole batch.
func clean(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func text(key, value string) attribute.KeyValue { return attribute.String(key, clean(value)) }

// number is a party's number, empty if it is not known.
func number(key string, p event.Party) attribute.KeyValue {
	if !p.Number.Valid {
		return attribute.String(key, "")
	}
	return text(key, p.Number.Text)
}

func name(p event.Party) string {
	if !p.Name.Valid {
		return ""
	}
	return p.Name.Text
}
