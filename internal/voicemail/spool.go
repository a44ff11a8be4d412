package voicemail

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The folders of a mailbox, by the digit under which menus know them, and two more.
var folders = [...]string{"INBOX", "Old", "Work", "Family", "Friends", "Cust1", "Cust2", "Cust3", "Cust4", "Cust5", "Deleted", "Urgent"}

// Places in folders.
const (
	inbox, old, saved, trash, urgent = 0, 1, 9, 10, 11
)

// folderNumber finds a folder by its name; −1 is none.
func folderNumber(name string) int {
	return slices.IndexFunc(folders[:], func(f string) bool { return strings.EqualFold(f, name) })
}

// A message is one of a folder, as it was when somebody looked. Its number changes when
// others go; its id does not.
type message struct {
	folder string // whole path
	number int
	*info
}

func base(folder string, number int) string {
	return filepath.Join(folder, fmt.Sprintf("msg%04d", number))
}

// path is what the message's files begin with.
func (m *message) path() string { return base(m.folder, m.number) }

// box is the folder of a mailbox.
func (h *House) box(m *Mailbox) string { return filepath.Join(h.Spool, m.Context, m.Number) }

// folder is one of a mailbox's.
func (h *House) folder(m *Mailbox, name string) string { return filepath.Join(h.box(m), name) }

// numbers are the messages of a folder, those that have a .txt.
func numbers(folder string) []int {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil // a folder that is not there has none
	}
	var list []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".txt")
		digits, isMessage := strings.CutPrefix(name, "msg")
		if n, err := strconv.Atoi(digits); ok && isMessage && err == nil && len(digits) == 4 {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}

// count is how many messages a folder of a mailbox has.
func (h *House) count(m *Mailbox, folder string) int { return len(numbers(h.folder(m, folder))) }

// messages reads the messages of a folder. One whose .txt can't be read is told and left out.
func (h *House) messages(m *Mailbox, folder string) []*message {
	var list []*message
	path := h.folder(m, folder)
	for _, n := range numbers(path) {
		i, err := readInfo(base(path, n) + ".txt")
		if err != nil {
			h.Logger.Warn("a message can't be read", "mailbox", m.ID(), "error", err)
			continue
		}
		list = append(list, &message{folder: path, number: n, info: i})
	}
	return list
}

// sounds are the files of a message but its .txt.
func sounds(base string) []string {
	list, _ := filepath.Glob(globEscape(base) + ".*") // the pattern is ours
	return slices.DeleteFunc(list, func(path string) bool { return strings.HasSuffix(path, ".txt") })
}

func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// link has a file under a second name, by a copy where the file system has no links.
func link(from, to string) error {
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(from, to) == nil {
		return nil
	}
	return copyFile(from, to)
}

func copyFile(from, to string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

// writeInfo has the .txt of a message be there as a whole.
func writeInfo(base string, i *info) error {
	temporary := base + ".new"
	if err := os.WriteFile(temporary, i.text(), 0o666); err != nil { //nolint:gosec // as the reference's; umask decides
		return fmt.Errorf("write message: %w", err)
	}
	if err := os.Rename(temporary, base+".txt"); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	return nil
}

// place puts the sounds that begin with from under a new message of a folder, its .txt
// last. keep leaves them where they are. The mailbox's lock is held.
func place(from, folder string, i *info, keep bool) (number int, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		return 0, fmt.Errorf("make folder: %w", err)
	}
	if all := numbers(folder); len(all) > 0 {
		number = all[len(all)-1] + 1
	}
	return number, settle(from, base(folder, number), i, keep)
}

// settle has the files of from be the message to. Where that fails nothing is left of it
// there: on a full disk it would take the room that the next message needs.
func settle(from, to string, i *info, keep bool) error {
	if err := removeSounds(to); err != nil {
		return fmt.Errorf("place message: %w", err)
	}
	if err := settleFiles(from, to, i, keep); err != nil {
		return errors.Join(err, removeSounds(to))
	}
	if keep {
		return nil
	}
	return discard(from)
}

// removeSounds removes the files of a message but its .txt.
func removeSounds(base string) error {
	for _, sound := range sounds(base) {
		if err := os.Remove(sound); err != nil {
			return err
		}
	}
	return nil
}

// settleFiles puts the files of from under to, and leaves those that a failure has left.
func settleFiles(from, to string, i *info, keep bool) error {
	list := sounds(from)
	for _, sound := range list {
		put := link
		if keep {
			put = copyFile
		}
		if err := put(sound, to+filepath.Ext(sound)); err != nil {
			return fmt.Errorf("place message: %w", err)
		}
	}
	// One rename of what is a message already: who is killed here finds it in one place.
	err := fs.ErrNotExist
	if !keep {
		err = os.Rename(from+".txt", to+".txt")
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = writeInfo(to, i)
	}
	return err
}

// discard removes a message: its .txt first, with which it is gone.
func discard(base string) error {
	err := os.Remove(base + ".txt")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, sound := range sounds(base) {
		err = errors.Join(err, os.Remove(sound))
	}
	return err
}

// closeGaps numbers the messages of a folder from 0 on. The mailbox's lock is held.
func closeGaps(folder string) error {
	for want, n := range numbers(folder) {
		if n == want {
			continue
		}
		i, err := readInfo(base(folder, n) + ".txt")
		if err == nil {
			err = settle(base(folder, n), base(folder, want), i, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// locate finds a message where it is now: another may have renumbered the folder.
// The mailbox's lock is held.
func locate(m *message) (string, bool) {
	is := func(n int) bool {
		i, err := readInfo(base(m.folder, n) + ".txt")
		return err == nil && i.id == m.id && i.time.Equal(m.time)
	}
	if is(m.number) {
		return m.path(), true
	}
	for _, n := range numbers(m.folder) {
		if is(n) {
			return base(m.folder, n), true
		}
	}
	return "", false
}

// errFull says that a folder has as many messages as it may.
var errFull = errors.New("the folder is full")

// move takes messages to a folder; to trash they are kept as far as backupdeleted says.
// It makes the folder that they leave have no gaps.
func (h *House) move(m *Mailbox, list []*message, to int) error {
	if len(list) == 0 {
		return nil
	}
	unlock := h.lock(m)
	defer unlock()
	target := h.folder(m, folders[to])
	for _, one := range list {
		path, ok := locate(one)
		if !ok {
			continue // another was faster
		}
		if to == trash && m.options.backupDeleted == 0 {
			if err := discard(path); err != nil {
				return err
			}
			continue
		}
		if err := h.room(m, target, to); err != nil {
			return err
		}
		if _, err := place(path, target, one.info, false); err != nil {
			return err
		}
	}
	return closeGaps(list[0].folder)
}

// room makes sure that a folder can take one more: the oldest go from the trash, and from
// Old where heard messages come.
func (h *House) room(m *Mailbox, folder string, number int) error {
	limit := m.options.maxMessages
	if number == trash {
		limit = m.options.backupDeleted
	}
	all := numbers(folder)
	if len(all) < limit {
		return nil
	}
	if number != trash {
		return errFull
	}
	if err := discard(base(folder, all[0])); err != nil {
		return err
	}
	return closeGaps(folder)
}
