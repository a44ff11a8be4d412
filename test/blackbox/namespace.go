package blackbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// In does something in a network namespace, where the sockets stay that it makes; "" is the test's own. The thread that goes
// there comes back: with its end the programs that were started on it could end, too.
func In[T any](namespace string, do func() (T, error)) (value T, err error) {
	if namespace == "" {
		return do()
	}
	runtime.LockOSThread()
	back := func() error { return nil }
	defer func() {
		if lost := back(); lost != nil { // the thread stays the goroutine's, and ends with it
			err = errors.Join(err, fmt.Errorf("come back from the namespace %s: %w", namespace, lost))
			return
		}
		runtime.UnlockOSThread()
	}()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return value, fmt.Errorf("find the way back: %w", err)
	}
	there, err := os.Open("/run/netns/" + namespace)
	if err != nil {
		_ = home.Close()
		return value, fmt.Errorf("find the namespace: %w", err)
	}
	defer func() { _ = there.Close() }()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		_ = home.Close()
		return value, fmt.Errorf("go to the namespace %s: %w", namespace, err)
	}
	back = func() error {
		defer home.Close()
		return unix.Setns(int(home.Fd()), unix.CLONE_NEWNET)
	}
	return do()
}

// A Dial connects, as net.Dialer's DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// DialIn connects from within a network namespace, as [In] does.
func DialIn(namespace string) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return In(namespace, func() (net.Conn, error) { // no second address family: those are dialled on other threads
			return (&net.Dialer{FallbackDelay: -1}).DialContext(ctx, network, address)
		})
	}
}
