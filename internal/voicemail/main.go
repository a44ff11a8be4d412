package voicemail

import (
	"context"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A session is one run of VoiceMailMain.
type session struct {
	house    *House
	c        *channel.Channel
	m        *Mailbox
	folder   int
	list     []*message // of the folder, as it was opened
	at       int        // the message that was heard last
	heard    map[string]bool
	deleted  map[string]bool
	starting bool // no message was chosen yet
	readOnly bool
}

// main is the application VoiceMailMain.
func (h *House) main(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	flags := command.ParseFlags(command.Arg(args, 1))
	number, place, _ := strings.Cut(command.Arg(args, 0), "@")
	if err := listenFirst(ctx, c); err != nil {
		return err
	}
	test(c, "START", "vm_execmain started")
	if flags.Has('s') && number != "" && !flags.Has('p') && h.find(number, place) == nil {
		h.Logger.Warn("VoiceMailMain knows no such mailbox", "channel", c.Name(), "mailbox", command.Arg(args, 0))
		return nil
	}
	m, how, err := h.authenticate(ctx, c, login{number: number, context: place, prefix: flags.Has('p'), trusted: flags.Has('s')})
	if err != nil || how == redirected {
		return err
	}
	if how == refused {
		return errHangup
	}
	test(c, "AUTHENTICATED", "vm_user authenticated")
	s := &session{house: h, c: c, m: m, readOnly: flags.Has('r')}
	s.clear()
	counts := h.counts(m)
	defer func() {
		s.close()
		h.tell(m, c)
		if h.counts(m) != counts {
			h.external(m)
		}
	}()
	return s.run(ctx, flags)
}

func (s *session) clear() { s.heard, s.deleted = map[string]bool{}, map[string]bool{} }

// run is the owner's stay: first what a new one is asked, then the menus.
func (s *session) run(ctx context.Context, flags command.Flags) error {
	h := s.house
	if s.m.options.language != "" {
		s.c.Change(func(snapshot *event.Channel) { snapshot.Language = s.m.options.language })
	}
	if h.password(s.m) == s.m.Number && (s.m.options.forceName || s.m.options.forceGreetings) {
		if err := s.newUser(ctx); err != nil {
			return err
		}
	}
	folder, given := flags['a']
	if given {
		n, err := strconv.Atoi(orElse(folder, "0"))
		if err != nil {
			n = folderNumber(folder)
		}
		if n < 0 || n > saved {
			h.Logger.Warn("Invalid folder set to autoplay", "channel", s.c.Name(), "folder", folder)
			n = inbox
		}
		s.open(n)
		if len(s.list) > 0 {
			s.starting = false
			key, err := s.present(ctx)
			return s.menu(ctx, key, err)
		}
		return s.menu(ctx, 0, nil)
	}
	s.open(s.first())
	key, err := s.intro(ctx)
	return s.menu(ctx, key, err)
}

// first is the folder that is opened first.
func (s *session) first() int {
	h := s.house
	switch {
	case h.count(s.m, "Urgent") > 0:
		return urgent
	case h.count(s.m, "INBOX") == 0 && h.count(s.m, "Old") > 0:
		return old
	}
	return inbox
}

// open opens a folder.
func (s *session) open(folder int) {
	s.folder, s.at, s.starting = folder, 0, true
	s.clear()
	s.list = s.house.messages(s.m, folders[folder])
}

// close puts into effect what was said of the folder's messages: those that were deleted
// go, those that were heard become old ones.
func (s *session) close() {
	var gone, done []*message
	for _, msg := range s.list {
		switch {
		case s.deleted[msg.id]:
			gone = append(gone, msg)
		case s.heard[msg.id] && s.m.options.moveHeard && (s.folder == inbox || s.folder == urgent):
			done = append(done, msg)
		}
	}
	for to, list := range map[int][]*message{trash: gone, old: done} {
		if to == trash && s.folder == trash {
			continue
		}
		if err := s.house.move(s.m, list, to); err != nil {
			s.house.Logger.Warn("messages stay where they are", "mailbox", s.m.ID(), "to", folders[to], "error", err)
		}
	}
	s.list = nil
}

// intro tells how many messages there are.
func (s *session) intro(ctx context.Context) (byte, error) {
	h, c := s.house, s.c
	test(c, "INTRO", "playing intro menu")
	var names []string
	if _, there := h.greeting(s.m, "temp"); there && s.m.options.tempGreetWarn {
		names = append(names, "vm-tempgreetactive")
	}
	names = append(names, "vm-youhave")
	pressing, fresh, rest := h.count(s.m, "Urgent"), h.count(s.m, "INBOX"), h.count(s.m, "Old")
	language := c.Snapshot().Language
	part := func(n int, name string, more bool) {
		if n == 0 {
			return
		}
		names = append(append(names, h.Voice.Number(n, language)...), name)
		switch {
		case more:
			names = append(names, "vm-and")
		case n == 1:
			names = append(names, "vm-message")
		default:
			names = append(names, "vm-messages")
		}
	}
	part(pressing, "vm-Urgent", fresh+rest > 0)
	part(fresh, "vm-INBOX", rest > 0)
	part(rest, "vm-Old", false)
	if pressing+fresh+rest == 0 {
		names = append(names, "vm-no", "vm-messages")
	}
	return h.play(ctx, c, anyKey, names...)
}

// turnsOfMenu is how often the choices are told before the caller is taken for gone.
const turnsOfMenu = 3

// menu takes keys until the owner leaves.
func (s *session) menu(ctx context.Context, key byte, err error) error {
	h, c := s.house, s.c
	for turn := 0; err == nil; {
		if key == 0 {
			if turn++; turn > turnsOfMenu {
				key = 't'
			} else if key, err = s.instruct(ctx); key == 0 || err != nil {
				continue
			}
		} else {
			turn = 0
		}
		if key == '#' || key == 't' {
			_, err := h.play(ctx, c, "", "vm-goodbye")
			return err
		}
		turn = 0
		key, err = s.press(ctx, key)
		if err == errLeft {
			return nil
		}
	}
	return err
}

// instruct tells the choices and waits for one.
func (s *session) instruct(ctx context.Context) (byte, error) {
	test(s.c, "PLAYBACK", "instructions")
	key, err := s.house.play(ctx, s.c, anyKey, s.choices()...)
	if key != 0 || err != nil {
		return key, err
	}
	return s.house.Voice.WaitKey(ctx, s.c, anyKey, menuWait)
}

func (s *session) choices() []string {
	if s.starting || len(s.list) == 0 {
		var names []string
		if len(s.list) > 0 {
			names = append([]string{"vm-onefor"}, folderPrompts(s.folder)...)
		}
		return append(names, "vm-opts", "vm-helpexit")
	}
	var names []string
	last := len(s.list) - 1
	if s.at > 0 {
		names = append(names, "vm-prev")
	}
	names = append(names, "vm-advopts", "vm-repeat")
	if s.at < last {
		names = append(names, "vm-next")
	}
	if s.deleted[s.list[s.at].id] {
		names = append(names, "vm-undelete")
	} else if !s.readOnly {
		names = append(names, "vm-delete")
	}
	return append(names, "vm-toforward", "vm-savemessage", "vm-helpexit")
}

func folderPrompts(folder int) []string { return []string{"vm-" + folders[folder], "vm-messages"} }

// errLeft says that the dialplan goes on elsewhere.
var errLeft = command.Refusal("left")

// press does what a key of the main menu means.
func (s *session) press(ctx context.Context, key byte) (byte, error) {
	if len(s.list) == 0 && strings.IndexByte("46789", key) >= 0 {
		return 0, nil
	}
	switch key {
	case '1':
		s.at = 0
		return s.present(ctx)
	case '5':
		return s.present(ctx)
	case '2':
		return s.change(ctx)
	case '3':
		return s.advanced(ctx)
	case '4':
		return s.previous(ctx)
	case '6':
		return s.next(ctx)
	case '7':
		return s.toggle(ctx)
	case '8':
		key, err := s.forward(ctx)
		return s.goOn(ctx, key, err)
	case '9':
		key, err := s.save(ctx)
		return s.goOn(ctx, key, err)
	case '0':
		test(s.c, "VMOPTIONS", "entering mailbox options")
		return 0, s.options(ctx)
	}
	return 0, nil
}

// goOn presents the next message after something was done with one, with nextaftercmd.
func (s *session) goOn(ctx context.Context, key byte, err error) (byte, error) {
	if err != nil || key != 0 || !s.m.options.nextAfterCommand {
		return key, err
	}
	if s.at < len(s.list)-1 {
		s.at++
		return s.present(ctx)
	}
	return s.house.play(ctx, s.c, anyKey, "vm-nomore")
}

// change asks for another folder.
func (s *session) change(ctx context.Context) (byte, error) {
	test(s.c, "CHANGEFOLDER", "browsing to a different folder")
	n, err := s.askFolder(ctx, "vm-changeto")
	if n < 0 || err != nil {
		return 0, err
	}
	s.close()
	s.open(n)
	return s.house.play(ctx, s.c, anyKey, folderPrompts(n)...)
}

// askFolder asks for a folder by its digit; −1 is none.
func (s *session) askFolder(ctx context.Context, question string) (int, error) {
	h := s.house
	language := s.c.Snapshot().Language
	names := []string{question}
	for n, name := range folders[:saved+1] {
		names = append(append(append(names, "vm-press"), h.Voice.Number(n, language)...), "vm-for", "vm-"+name, "vm-messages")
	}
	names = append(names, "vm-tocancel")
	const keys = "0123456789#"
	for range turnsOfMenu {
		key, err := h.play(ctx, s.c, keys, names...)
		if key == 0 && err == nil {
			key, err = h.Voice.WaitKey(ctx, s.c, keys, menuWait)
		}
		switch {
		case err != nil:
			return -1, err
		case key == '#':
			return -1, nil
		case key != 0:
			return int(key - '0'), nil
		}
	}
	return -1, nil
}

func (s *session) previous(ctx context.Context) (byte, error) {
	switch {
	case s.at > 0:
		s.at--
	case s.m.options.messageWrap:
		s.at = len(s.list) - 1
	default:
		return s.house.play(ctx, s.c, anyKey, "vm-nomore")
	}
	test(s.c, "PREVMSG", "browsing message "+strconv.Itoa(s.at), about("Voicemail", strconv.Itoa(s.at)))
	return s.present(ctx)
}

// next goes to the next message; after the last urgent one come those of INBOX.
func (s *session) next(ctx context.Context) (byte, error) {
	switch {
	case s.at < len(s.list)-1 && !s.starting:
		s.at++
	case s.starting:
		s.at = 0
	case s.folder == urgent && s.house.count(s.m, "INBOX") > 0:
		s.close()
		s.open(inbox)
	case s.m.options.messageWrap:
		s.at = 0
	default:
		return s.house.play(ctx, s.c, anyKey, "vm-nomore")
	}
	test(s.c, "NEXTMSG", "browsing message "+strconv.Itoa(s.at), about("Voicemail", strconv.Itoa(s.at)))
	return s.present(ctx)
}

// toggle deletes the message, or has it again.
func (s *session) toggle(ctx context.Context) (byte, error) {
	if s.readOnly || s.starting {
		return 0, nil
	}
	id := s.list[s.at].id
	s.deleted[id] = !s.deleted[id]
	prompt := "vm-undeleted"
	if s.deleted[id] {
		prompt = "vm-deleted"
	}
	key, err := s.house.play(ctx, s.c, anyKey, prompt)
	if !s.deleted[id] {
		return key, err
	}
	return s.goOn(ctx, key, err)
}

// save moves the message to a folder that is asked for.
func (s *session) save(ctx context.Context) (byte, error) {
	if s.starting {
		return 0, nil
	}
	msg := s.list[s.at]
	test(s.c, "SAVEMSG", "saving message "+strconv.Itoa(s.at), about("Voicemail", strconv.Itoa(s.at)))
	n, err := s.askFolder(ctx, "vm-savefolder")
	if n < 0 || err != nil {
		return 0, err
	}
	h := s.house
	if n != s.folder {
		_, err := h.copyTo(s.m, msg, s.m, folders[n], "")
		if err != nil {
			h.Logger.Warn("a message is not saved", "mailbox", s.m.ID(), "error", err)
			return h.play(ctx, s.c, anyKey, "vm-mailboxfull")
		}
		s.deleted[msg.id] = true
	}
	names := append([]string{"vm-message"}, h.Voice.Number(s.at+1, s.c.Snapshot().Language)...)
	return h.play(ctx, s.c, anyKey, append(append(names, "vm-savedto"), folderPrompts(n)...)...)
}
