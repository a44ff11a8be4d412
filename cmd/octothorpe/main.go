package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"

	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/internal/sdn"
)

// version is the release of Asterisk that this one takes the place of, and its
// own. Scripts read the number in front.
const version = "22.10.1+octothorpe-0.1.0"

func main() {
	keepDescriptors()
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program; it returns the exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	asterisk := filepath.Base(args[0]) == "asterisk"
	if len(args) > 1 && !asterisk {
		switch args[1] {
		case "check":
			return check(args[2:], out, errOut)
		case "sdn":
			return sdn.Main(args[2:], out, errOut)
		case "proxy":
			return runProxy(args[2:], out, errOut)
		case "version":
			fmt.Fprintln(out, "Asterisk "+version)
			return 0
		case "help":
			usage(out, filepath.Base(args[0]))
			return 0
		}
	}
	f, err := parseFlags(args[1:])
	if err != nil {
		fmt.Fprintf(errOut, "%s: %v\n", args[0], err)
		return 1
	}
	if f.surplus != "" && !asterisk { // who calls it asterisk means Asterisk, which overlooks them
		fmt.Fprintf(errOut, "%q is no option and no command; see -h\n", f.surplus)
		return 1
	}
	if f.config != "" && !f.version && !f.help && !exists(f.config) {
		fmt.Fprintf(errOut, "Unable to open specified master config file '%s', using built-in defaults\n", f.config)
	}
	switch {
	case f.version:
		fmt.Fprintln(out, "Asterisk "+version)
		return 0
	case f.help:
		usage(out, filepath.Base(args[0]))
		return 0
	case f.remote && asterisk && f.config == "":
		f.config = usualConfig
		return remote(f, in, out, errOut)
	case f.remote:
		return remote(f, in, out, errOut)
	}
	if f.socket != "" {
		fmt.Fprintln(errOut, "-s is for -r alone: an exchange has its socket where asterisk.conf says")
	}
	system := exchange.ReadSystem(options(f, asterisk))
	f.follow(system)
	if err := known(f.user, f.group); err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	if f.fork && f.console {
		fmt.Fprintln(errOut, "'alwaysfork' is not compatible with console or remote console mode; ignored")
		f.fork = false
	}
	if asterisk && !f.foreground || f.fork {
		return background(args, errOut)
	}
	if system.MaxFiles > 0 {
		if err := openFiles(system.MaxFiles); err != nil {
			fmt.Fprintln(errOut, err) // with as many as there are now it works, too
		}
	}
	if err := become(f.user, f.group); err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	if f.core {
		dumpCore()
	}
	return serve(f, asterisk, in, out, errOut)
}

// options turns flags into the exchange's options. Without -C an exchange that
// is called asterisk has its configuration in the usual place; any other has the
// state folder of its user.
func options(f flags, asterisk bool) exchange.Options {
	o := exchange.Options{Config: f.config, Version: version, Verbose: f.verbose, Debug: f.debug, MaxCalls: f.maxCalls, Execs: f.execs,
		Timestamp: f.timestamps, Mute: f.mute}
	if o.Config == "" && asterisk {
		o.Config = usualConfig
	}
	return o
}

const usualConfig = "/etc/asterisk/asterisk.conf"

// serve runs the exchange in the foreground until it is told to stop.
func serve(f flags, asterisk bool, in io.Reader, out, errOut io.Writer) int {
	keys := newKeyboard(in) // of one console after the other, when it starts again
	for {
		o := options(f, asterisk)
		o.Errors = errOut
		shown := &terminal{out: out}
		if !f.quiet || f.console {
			o.Console = shown
		}
		if file, ok := out.(*os.File); ok {
			o.Color = !f.noColor && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb"
		}
		var welcome func()
		if o.Config == "" {
			o.Strict = true // to say "ready" would be a lie
			var err error
			if welcome, err = prepare(&o, out); err != nil {
				fmt.Fprintln(errOut, err)
				return 1
			}
		}
		x, err := exchange.New(o)
		if err != nil {
			fmt.Fprintln(errOut, err)
			return 1
		}
		if err := x.Start(); err != nil {
			if errors.Is(err, cli.ErrRunning) {
				fmt.Fprintf(errOut, "Asterisk already running on %s.  Use 'asterisk -r' to connect.\n", x.Dirs().Socket)
				return 1
			}
			fmt.Fprintln(errOut, err)
			if errors.Is(err, syscall.EADDRINUSE) {
				fmt.Fprintf(errOut, "Something else listens there: another exchange? Stop it, or change the ports in %s.\n", o.State)
			}
			return 1
		}
		if welcome != nil {
			welcome()
		}
		stop, untune := signals(x), tune()
		detach := func() {}
		if f.console {
			detach = attend(x, keys, shown, out)
		}
		again := x.Wait()
		stop()
		untune()
		detach()
		if !again {
			return 0
		}
	}
}

// signals treats signals as Asterisk does: HUP reloads, TERM and INT stop now.
func signals(x *exchange.Exchange) (stop func()) {
	c := make(chan os.Signal, 4)
	signal.Notify(c, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGURG, syscall.SIGUSR1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := range c {
			switch s {
			case syscall.SIGHUP:
				_ = x.Reload("") // what is wrong is in the log
			case syscall.SIGTERM, syscall.SIGINT:
				x.Stop(exchange.Now, false)
			}
		}
	}()
	return func() { signal.Stop(c); close(c); <-done }
}

func usage(out io.Writer, name string) {
	fmt.Fprintf(out, "Usage: %s [OPTIONS]\n", name)
	if name != "asterisk" {
		fmt.Fprintf(out, "       %s check -C FILE      say what is wrong in a configuration\n", name)
		fmt.Fprintf(out, "       %s proxy -c FILE      stand between managers (AMI) and their clients; see docs/proxy.md\n", name)
		fmt.Fprintf(out, "       %s sdn -c FILE        drive OpenFlow switches by a faucet.yaml; see %[1]s sdn help\n", name)
		fmt.Fprintf(out, "       %s version | help     the version; this\n", name)
	}
	fmt.Fprint(out, `Valid Options:
  -C FILE   use this asterisk.conf
  -f        stay in the foreground          -F  go into the background
  -c        be the console, too             -r  connect to a running exchange (-R: again and again)
  -x CMD    run one command there           -v  more lines on the console (repeat)
  -d        more for debugging (repeat)     -q  no lines on the console
  -n        no colours                      -m  no log on the console
  -V        the version                     -h  this
  -g        leave a core file on a crash    -U USER, -G GROUP  run as them
  -X        allow #exec in configurations   -M N  at most N calls
  -T        the time before console lines   -R  as -r, and connect again when it ends
  -p -i -I -W -B -t -w -l -S are accepted and change nothing.
`)
}
