package app

import (
	"bufio"
	"context"
	"crypto/md5" //nolint:gosec // the format of the password files (option m)
	"encoding/hex"
	"os"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// attemptsOfPassword is how often Authenticate asks.
const attemptsOfPassword = 3

// authenticate asks for a password and ends the call of who doesn't know it. A
// password that begins with / is the name of a file of them.
func (h *House) authenticate(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	password, flags := command.Arg(args, 0), command.ParseFlags(command.Arg(args, 1))
	if password == "" {
		h.Logger.Warn("Authenticate requires an argument(password)", "channel", c.Name())
		return ErrHangup
	}
	if err := answer(ctx, c); err != nil {
		return err
	}
	prompt := command.Arg(args, 3)
	if prompt == "" {
		prompt = "agent-pass"
	}
	most := atoi(command.Arg(args, 2))
	if most < 1 || most > 254 {
		most = 254
	}
	for try := range attemptsOfPassword {
		if try > 0 {
			prompt = "auth-incorrect"
		}
		given, _, err := h.enter(ctx, c, entry{files: []string{prompt}, most: most, terminators: "#",
			first: 10 * time.Second, next: 5 * time.Second})
		if err != nil {
			_, _ = h.playFile(ctx, c, "vm-goodbye", anyKey) // nobody hears it, but it is told
			return err
		}
		if account, ok := h.knows(c, password, given, flags); ok {
			if flags.Has('a') {
				if account == "" {
					account = given
				}
				c.SetAccountCode(account)
			}
			_, err := h.playFile(ctx, c, "auth-thankyou", anyKey)
			if ended(ctx, err) {
				return err
			}
			return nil
		}
	}
	_, err := h.playFile(ctx, c, "vm-goodbye", anyKey)
	if ended(ctx, err) {
		return err
	}
	return ErrHangup
}

// keyed tells whether a given password is a key of a family of the database,
// which is written with a slash before it. What stands there does not matter; once
// takes it out.
func (h *House) keyed(family, given string, once bool) bool {
	family, slash := strings.CutPrefix(family, "/")
	if !slash || given == "" {
		return false
	}
	if _, ok := h.Database.Get(family, given); !ok {
		return false
	}
	if once {
		_, _ = h.Database.Del(family, given)
	}
	return true
}

// knows tells whether a given password is the right one and, for a file with
// accounts (option m), the account that goes with it.
func (h *House) knows(c *channel.Channel, password, given string, flags command.Flags) (account string, ok bool) {
	switch {
	case flags.Has('d'):
		return "", h.keyed(password, given, flags.Has('r'))
	case !strings.HasPrefix(password, "/"):
		return "", given == password
	}
	f, err := os.Open(password)
	if err != nil {
		h.Logger.Warn("the file of passwords can't be read", "channel", c.Name(), "error", err)
		return "", false
	}
	defer func() { _ = f.Close() }()
	sum := md5.Sum([]byte(given)) //nolint:gosec // see above
	hashed := hex.EncodeToString(sum[:])
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if !flags.Has('m') {
			if line == given {
				return "", true
			}
			continue
		}
		if name, want, found := strings.Cut(line, ":"); found && strings.EqualFold(want, hashed) {
			return name, true
		}
	}
	return "", false
}
