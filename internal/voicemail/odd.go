package voicemail

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// readFormats reads the formats of recordings. Those that can't be written are told; with no
// other it is wav, as on the reference.
func readFormats(r *config.Reader, s *config.Section, key string) []string {
	e, ok := s.Entry(key)
	if !ok {
		return []string{"wav"}
	}
	written := formatsOf(e.Value)
	known := slices.DeleteFunc(slices.Clone(written), func(name string) bool { return !media.Writes(name) })
	for _, name := range written {
		if !media.Writes(name) {
			r.Report(config.Warning, e, "use wav, wav49, gsm, ulaw or alaw", "%s: nothing can be written as %s", e.Key, name)
		}
	}
	if len(known) == 0 {
		r.Report(config.Error, e, "write format=wav49|wav", "%s = %s has no format that is known: wav is taken", e.Key, e.Value)
		return []string{"wav"}
	}
	return known
}

// mailVariables are those of mails.
var mailVariables = []string{"VM_NAME", "VM_DUR", "VM_MSGNUM", "VM_CALLERID", "VM_CIDNAME", "VM_CIDNUM", "VM_DATE", "VM_MAILBOX", "VM_CONTEXT", "VM_CATEGORY",
	"VM_MESSAGEFILE", "VM_FLAG", "VM_RDNIS"}

var mailVariable = regexp.MustCompile(`\$\{(VM_[A-Z]*)`)

// checkMails tells of variables of mails that nothing fills.
func checkMails(r *config.Reader, s *config.Section) {
	for _, key := range []string{"emailsubject", "emailbody", "fromstring", "pagersubject", "pagerbody", "pagerfromstring"} {
		e, _ := s.Entry(key)
		for _, found := range mailVariable.FindAllStringSubmatch(e.Value, -1) {
			if !slices.Contains(mailVariables, found[1]) {
				r.Report(config.Warning, e, config.Suggest(found[1], slices.Values(mailVariables)), "%s: nothing fills ${%s}", e.Key, found[1])
			}
		}
	}
}

// checkLengths tells of messages that are too short before they are long enough.
func (f *File) checkLengths(r *config.Reader, s *config.Section) {
	o := &f.defaults
	shortest := func() config.Entry {
		e, ok := s.Entry("minsecs")
		if !ok {
			e, _ = s.Entry("minmessage")
		}
		return e
	}
	if o.maxMessage > 0 && o.minMessage > o.maxMessage {
		r.Report(config.Warning, shortest(), "write less", "minsecs = %d is more than maxsecs = %d: no message is kept", o.minMessage, o.maxMessage)
	}
	if silence := int(f.general.maxSilence / time.Second); o.minMessage > 0 && silence >= o.minMessage {
		e, _ := s.Entry("maxsilence")
		r.Report(config.Warning, e, "write less than minsecs", "maxsilence = %d is not less than minsecs = %d: messages may be empty", silence, o.minMessage)
	}
}

// checkMailbox tells what of a mailbox its owner does not want.
func (f *File) checkMailbox(r *config.Reader, m *Mailbox, e config.Entry) {
	if m.Password == "" {
		r.Report(config.Warning, e, "write "+m.Number+" => PASSWORD,NAME", "mailbox %s has no password: whoever calls it hears its messages", m.ID())
	} else if password := strings.TrimPrefix(m.Password, "-"); config.CheckKeys(password, 0) != nil {
		r.Report(config.Warning, e, "keys are 0 to 9, *, # and A to D", "the password of mailbox %s can't be dialled", m.ID())
	}
	if strings.Contains(m.Number, "/") || strings.Contains(m.Context, "/") {
		r.Report(config.Warning, e, "give it a number", "mailbox %s is the name of a folder elsewhere", m.ID())
	}
	known := func(yield func(string) bool) {
		for _, z := range f.zones {
			if !yield(z.name) {
				return
			}
		}
	}
	if zone := m.options.zone; zone != "" && !slices.Contains(slices.Collect(known), zone) {
		r.Report(config.Warning, e, config.Suggest(zone, known), "tz = %s of mailbox %s is no zone of [zonemessages]: times are said in that of the machine", zone, m.ID())
	}
	if m.options.mailCommand != f.defaults.mailCommand {
		if err := config.CheckCommand(m.options.mailCommand); err != nil {
			r.Report(config.Warning, e, "correct the path, or install it", "mailcmd of mailbox %s: %v", m.ID(), err)
		}
	}
}
