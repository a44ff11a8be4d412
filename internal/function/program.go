package function

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// programs are the functions of the machine that the exchange runs on.
func (h *House) programs() []Function {
	return []Function{
		riskyRead(full("SHELL", "func_shell", "What a command of the shell writes", "command", shell, nil)),
		full("SYSINFO", "func_sysinfo", "A figure of the machine", "parameter",
			func(_ context.Context, _ *channel.Channel, args string) (string, error) { return h.machine(args) }, nil),
		read("AST_CONFIG", "func_config", "Value in a configuration file", "config_file,category,variable_name[,index]", h.configured),
	}
}

// shell returns what a command writes, whatever its exit code. As with System the
// leg waits for the command, also if its caller hangs up.
func shell(_ context.Context, _ *channel.Channel, line string) (string, error) {
	if line == "" {
		return "", fmt.Errorf("%w: SHELL(command)", errArgs)
	}
	out, err := exec.Command("/bin/sh", "-c", line).Output() //nolint:gosec,noctx // it is what the administrator wrote
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return string(out), err
}

// configured reads a value in a file as it is now. The index counts what stands
// there several times; -1 is the last.
func (h *House) configured(args string) (string, error) {
	parts := command.SplitArgs(args, 4)
	if len(parts) < 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return "", fmt.Errorf("%w: AST_CONFIG(config_file,category,variable_name[,index])", errArgs)
	}
	index := 0
	if text := command.Arg(parts, 3); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return "", fmt.Errorf("AST_CONFIG: the index %q is no number", text)
		}
		index = n
	}
	f, err := h.Load(parts[0])
	if err != nil {
		return "", err
	}
	section := f.Section(parts[1])
	if section == nil {
		return "", fmt.Errorf("AST_CONFIG: %s has no section %s", parts[0], parts[1])
	}
	values := section.All(parts[2])
	if index == -1 {
		index = len(values) - 1
	}
	if index < 0 || index >= len(values) {
		return "", fmt.Errorf("AST_CONFIG: %s of %s has no %s number %d", parts[1], parts[0], parts[2], index)
	}
	return values[index], nil
}

// machine is what SYSINFO knows, from /proc as far as there is one.
func (h *House) machine(item string) (string, error) {
	switch item {
	case "loadavg", "numprocs":
		f, err := procFields("/proc/loadavg") // "0.52 0.40 0.33 running/all last"
		if err != nil || len(f) < 4 {
			return "", err
		}
		if item == "numprocs" {
			_, all, _ := strings.Cut(f[3], "/")
			return all, nil
		}
		load, _ := strconv.ParseFloat(f[0], 64)
		return strconv.FormatFloat(load, 'f', 6, 64), nil
	case "uptime":
		f, err := procFields("/proc/uptime")
		if err != nil || len(f) < 1 {
			return "", err
		}
		seconds, _ := strconv.ParseFloat(f[0], 64)
		return strconv.Itoa(int(seconds) / 3600), nil
	case "numcalls":
		return strconv.Itoa(h.activeCalls()), nil
	}
	name := map[string]string{"totalram": "MemTotal", "freeram": "MemFree", "bufferram": "Buffers", "totalswap": "SwapTotal", "freeswap": "SwapFree"}[item]
	if name == "" {
		return "", fmt.Errorf("SYSINFO has no item %q", item)
	}
	f, err := procFields("/proc/meminfo") // "MemTotal: 1 kB MemFree: 2 kB …"
	for i := 0; i+1 < len(f); i++ {
		if f[i] == name+":" {
			return f[i+1], nil
		}
	}
	return "0", err
}

func procFields(name string) ([]string, error) {
	text, err := os.ReadFile(name)
	return strings.Fields(string(text)), err
}

// activeCalls counts the legs whose owner is a dialplan.
func (h *House) activeCalls() int {
	n := 0
	for _, c := range h.Channels.All() {
		if c.RunsDialplan() {
			n++
		}
	}
	return n
}
