package voicemail

import (
	"github.com/octothorpe/octothorpe/internal/command"
)

// An address is a message by its id, as actions and the console name it.
type address struct{ mailbox, context, folder, id string }

// resolve finds a message.
func (h *House) resolve(a address) (*Mailbox, *message, error) {
	m := h.find(a.mailbox, a.context)
	if m == nil {
		return nil, nil, command.Refusal("Can't find voicemail user " + a.mailbox + "@" + a.context)
	}
	if folderNumber(a.folder) < 0 {
		return nil, nil, command.Refusal("There is no folder " + a.folder)
	}
	for _, msg := range h.messages(m, folders[folderNumber(a.folder)]) {
		if msg.id == a.id {
			return m, msg, nil
		}
	}
	return nil, nil, command.Refusal("There is no message " + a.id + " in " + a.folder)
}

// transfer moves a message to another folder of its mailbox.
func (h *House) transfer(a address, folder string) error {
	m, msg, err := h.resolve(a)
	if err != nil {
		return err
	}
	to := folderNumber(folder)
	if to < 0 {
		return command.Refusal("There is no folder " + folder)
	}
	if err := h.move(m, []*message{msg}, to); err != nil {
		return err
	}
	h.tell(m, nil)
	h.external(m)
	return nil
}

// drop removes a message.
func (h *House) drop(a address) error {
	m, msg, err := h.resolve(a)
	if err != nil {
		return err
	}
	if err := h.remove(m, msg); err != nil {
		return err
	}
	h.tell(m, nil)
	h.external(m)
	return nil
}

// pass copies a message to another mailbox.
func (h *House) pass(a address, mailbox, context, folder string) error {
	from, msg, err := h.resolve(a)
	if err != nil {
		return err
	}
	to, n := h.find(mailbox, context), folderNumber(folder)
	switch {
	case to == nil:
		return command.Refusal("Can't find voicemail user " + mailbox + "@" + context)
	case n < 0:
		return command.Refusal("There is no folder " + folder)
	}
	if _, err := h.copyTo(from, msg, to, folders[n], ""); err != nil {
		return err
	}
	h.tell(to, nil)
	h.external(to)
	return nil
}

// copyTo copies a message to a folder of another mailbox, with its sounds, or with those
// that begin with sound.
func (h *House) copyTo(from *Mailbox, msg *message, to *Mailbox, folder, sound string) (*message, error) {
	base, remove, err := h.temporary(to)
	if err != nil {
		return nil, err
	}
	defer remove()
	if sound == "" {
		err = h.copyOut(from, msg, base)
	} else {
		for _, path := range sounds(sound) {
			if err = copyFile(path, base+extension(path)); err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	about := *msg.info
	target := h.folder(to, folder)
	number, err := h.deposit(to, base, target, &about, false)
	return &message{folder: target, number: number, info: &about}, err
}

// copyOut copies the sounds of a message to files that begin with base.
func (h *House) copyOut(m *Mailbox, msg *message, base string) error {
	unlock := h.lock(m)
	defer unlock()
	path, ok := locate(msg)
	if !ok {
		return command.Refusal("The message is gone")
	}
	for _, sound := range sounds(path) {
		if err := copyFile(sound, base+extension(sound)); err != nil {
			return err
		}
	}
	return nil
}
