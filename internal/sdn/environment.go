package sdn

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// socketPath is where events are told when the environment asks for it with a number.
const socketPath = "/var/run/faucet/faucet.sock"

// Defaults are the options that Faucet's environment variables say, and where they
// say nothing, or what can not be taken, what Faucet does.
func Defaults() Options {
	o := Options{Gauge: firstThatExists(os.Getenv("GAUGE_CONFIG")), Listen: "ptcp:6653", View: "127.0.0.1:9304", Events: os.Getenv("FAUCET_EVENT_SOCK")}
	o.Metrics = net.JoinHostPort(environment("FAUCET_PROMETHEUS_ADDR", "0.0.0.0"), environment("FAUCET_PROMETHEUS_PORT", "9302"))
	if n, err := strconv.Atoi(o.Events); err == nil {
		if o.Events = socketPath; n == 0 {
			o.Events = ""
		}
	}
	o.Watch = o.flag("FAUCET_CONFIG_STAT_RELOAD")
	o.WatchGauge = o.flag("GAUGE_CONFIG_STAT_RELOAD")
	o.AutoRevert = o.flag("FAUCET_CONFIG_AUTO_REVERT")
	o.Cluster.Secret = os.Getenv("OCTOTHORPE_SDN_CLUSTER_SECRET")
	o.Heartbeat = o.seconds("FAUCET_EVENT_SOCK_HEARTBEAT", 0, 0)
	o.StackUpdate = o.seconds("FAUCET_STACK_ROOT_STATE_UPDATE_TIME", 10, 1)
	return o
}

func (o *Options) ignore(name, value, why string) {
	o.Ignored = append(o.Ignored, fmt.Sprintf("%s=%s: %s", name, value, why))
}

// flag is whether a variable is a number that is not 0. Whatever else it says is no,
// as for Faucet.
func (o *Options) flag(name string) bool {
	value := os.Getenv(name)
	if value == "" {
		return false
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		o.ignore(name, value, "it is no number; 1 is yes, 0 is no")
	}
	return err == nil && n != 0
}

// seconds is a variable that is a number of them, at least so many.
func (o *Options) seconds(name string, otherwise, least int) time.Duration {
	n, value := otherwise, os.Getenv(name)
	if value != "" {
		var err error
		if n, err = strconv.Atoi(value); err != nil || n < least || n > 86400 {
			o.ignore(name, value, fmt.Sprintf("it is no number of seconds from %d to 86400; it is %d now", least, otherwise))
			n = otherwise
		}
	}
	return time.Duration(n) * time.Second
}
