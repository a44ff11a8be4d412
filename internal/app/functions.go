package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/app/say"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Function is a row of this package's table of functions.
type Function = command.Function[*channel.Channel]

// Functions returns the functions that know what applications do.
func (h *House) Functions() []Function {
	return append(speechFunctions(), []Function{
		h.periodic(),
		{Row: row("SAYFILES", "func_sayfiles", "The prompts of which something that is said is made", "SAYFILES(value[,type])"),
			Read: func(_ context.Context, _ *channel.Channel, args string) (string, error) { return sayFiles(args) }},
		{Row: row("RECORDING_INFO", "app_record", "How long the last recording of Record is, in ms", "RECORDING_INFO(property)"), Read: recordingInfo},
		{Row: row("TONE_DETECT", "res_tonedetect", "How often a tone was heard on the leg", "TONE_DETECT(freq[,duration_ms[,options]])"), Read: toneCount, Write: h.toneDetect},
	}...)
}

// sayFiles are the prompts of a value, in English whatever the leg's language, as
// on the reference.
func sayFiles(args string) (string, error) {
	value, kind, _ := strings.Cut(args, ",")
	if value == "" {
		return "", errors.New("SAYFILES needs something to say")
	}
	var names []string
	switch kind = strings.ToLower(kind); kind {
	case "", "alpha":
		names = say.Letters(value)
	case "digits":
		names = say.Digits(value)
	case "phonetic":
		names = say.Phonetic(value)
	case "money":
		names = moneyPrompts(value, func(n int) []string { names, _ := say.Number(n, "en", ""); return names })
	case "number":
		names, _ = say.Number(leading(value), "en", "")
	case "ordinal":
		names, _ = say.Ordinal(leading(value), "en", "")
	default:
		return "", fmt.Errorf("SAYFILES knows no type %q", kind)
	}
	return strings.Join(names, "&"), nil
}
