package exchange

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/voicemail"
)

// voicemailFile says who has a mailbox.
const voicemailFile = "voicemail.conf"

// minivmFile has the accounts of MiniVM and the forms of its mails.
const minivmFile = "minivm.conf"

// mailVoice is what applications play by, as voicemail wants it.
type mailVoice struct{ *app.House }

func (v mailVoice) WaitKey(ctx context.Context, c *channel.Channel, keys string, d time.Duration) (byte, error) {
	return app.WaitKey(ctx, c, keys, d)
}

func (v mailVoice) Control(ctx context.Context, c *channel.Channel, name string, k voicemail.Keys) (byte, error) {
	return v.Moved(ctx, c, name, k.Stop, k.Forward, k.Rewind, k.Pause, k.Restart, k.Step)
}

func (v mailVoice) Digits(text string) []string            { return app.DigitPrompts(text) }
func (v mailVoice) Letters(text string) []string           { return app.LetterPrompts(text) }
func (v mailVoice) Number(n int, language string) []string { return v.Speech.Number(n, language, "") }
func (v mailVoice) Exists(name, language string) bool      { return v.Sounds.Exists(name, language) }
func (v mailVoice) Moment(at time.Time, zone *time.Location, language, format string) []string {
	return v.Speech.Moment(at.In(zone), language, format)
}

// buildVoicemail makes the house of mailboxes.
func (x *Exchange) buildVoicemail(plan voicemail.Dialplan) {
	x.voicemail = &voicemail.House{Channels: x.channels, Dialplan: plan, Voice: mailVoice{x.house}, Counts: x.mailboxes, Logger: x.log,
		Spool: filepath.Join(x.dirs.Spool, "voicemail"), Watched: x.mailboxWatched, Open: x.look, Rewrite: x.rewritePassword, Reload: x.reloadVoicemail, Refresh: x.refreshMailbox, Go: x.workers.Go,
		Outbox: &voicemail.Outbox{Dir: filepath.Join(x.dirs.Spool, "voicemail-mail"), Logger: x.log}}
	x.offer(x.voicemail.Functions(), x.voicemail.Applications())
}

// buildMinivm makes MiniVM of it.
func (x *Exchange) buildMinivm() {
	x.minivm = voicemail.NewMini(x.voicemail)
	x.minivm.Logs, x.minivm.Reload = x.dirs.Log, x.reloadMinivm
	x.offer(x.minivm.Functions(), x.minivm.Applications())
}

// configureMinivm reads minivm.conf.
func (x *Exchange) configureMinivm() {
	f, problems := voicemail.ReadMini(x.optional(minivmFile))
	x.report(problems)
	x.minivm.Configure(f)
}

// reloadMinivm is configureMinivm in its turn, for who asks while the exchange runs.
func (x *Exchange) reloadMinivm() error {
	if err := x.reloading.begin(); err != nil {
		return err
	}
	defer x.reloading.end()
	x.configureMinivm()
	return nil
}

// configureVoicemail reads voicemail.conf.
func (x *Exchange) configureVoicemail() error {
	if !x.modules.wants("app_voicemail") {
		return nil
	}
	x.mapped.boxes.load(x)
	return x.applyVoicemail()
}

// applyVoicemail is configureVoicemail with what is known of the mailboxes in databases.
func (x *Exchange) applyVoicemail() error {
	file := x.optional(voicemailFile)
	users := x.fromUsers(func(f *config.File) (*config.File, error) { return userMailboxes(f, file) })
	f, problems := voicemail.Read(file, users, x.mapped.boxes.file())
	x.report(problems)
	x.voicemail.Configure(f)
	return nil
}

// reloadVoicemail is configureVoicemail in its turn, for who asks while the exchange runs.
func (x *Exchange) reloadVoicemail() error {
	if err := x.reloading.begin(); err != nil {
		return err
	}
	defer x.reloading.end()
	return x.configureVoicemail()
}

// mailboxWatched tells whether a phone is to be told of a mailbox.
func (x *Exchange) mailboxWatched(name string) bool {
	for _, d := range x.phoneDrivers() {
		if d.WatchesMailbox(name) {
			return true
		}
	}
	return false
}

// rewritePassword changes the password of a mailbox in its file, and nothing else there.
func (x *Exchange) rewritePassword(section, mailbox, password string) error {
	if done, err := x.rewriteMappedPassword(section, mailbox, password); done {
		return err
	}
	x.editing.Lock()
	defer x.editing.Unlock()
	document, err := config.Open(x.configPath(voicemailFile), config.Options{Dir: x.dirs.Etc, Exec: x.system.Execs})
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	at := config.Address{Section: section}
	s := document.Section(at)
	if s == nil {
		return fmt.Errorf("change password: %s has no section %s", voicemailFile, section)
	}
	value, err := voicemail.WithPassword(s.Get(mailbox), password)
	if err != nil {
		return err
	}
	if err := document.Set(at, mailbox, "", value); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	return document.Save()
}

func checkVoicemail(f *config.File) []config.Diagnostic {
	_, d := voicemail.Read(f, nil, nil)
	return d
}

func checkMinivm(f *config.File) []config.Diagnostic { _, d := voicemail.ReadMini(f); return d }
