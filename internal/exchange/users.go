package exchange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/provision"
)

// users.conf has accounts for several modules at once. As on the reference [general] says
// whether sections have an account of a kind if they do not say so themselves.

// userSections are the sections of users.conf with an account of a kind, "hasmanager".
func userSections(f *config.File, kind string) (list []*config.Section) {
	general := f.Section("general")
	for _, s := range f.Sections() {
		name := strings.ToLower(s.Name)
		if !s.Template && name != "general" && name != "authentication" && s.Bool(kind, general.Bool(kind, false)) {
			list = append(list, s)
		}
	}
	return list
}

// plain is a value as it is written in a file.
func plain(value string) string { return strings.ReplaceAll(value, ";", `\;`) }

// userAccounts are the accounts of the manager interface in users.conf, as manager.conf has them.
func userAccounts(f *config.File) (*config.File, error) {
	var b strings.Builder
	for _, s := range userSections(f, "hasmanager") {
		fmt.Fprintf(&b, "[%s]\nread = all\nwrite = all\n", s.Name)
		if secret := f.Get("general", "secret"); secret != "" {
			fmt.Fprintf(&b, "secret = %s\n", plain(secret))
		}
		for _, e := range s.Lines() {
			if slices.Contains([]string{"secret", "read", "write", "displayconnects", "allowmultiplelogin", "deny", "permit", "acl"}, strings.ToLower(e.Key)) {
				fmt.Fprintf(&b, "%s = %s\n", e.Key, plain(e.Value))
			}
		}
	}
	return parsedUsers(b.String())
}

// userMailboxes are the mailboxes in users.conf, as voicemail.conf has them: in the context
// that its userscontext says.
func userMailboxes(f, voicemail *config.File) (*config.File, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s]\n", cmp.Or(voicemail.Section("general").Get("userscontext"), "default"))
	known := facts.Options("voicemail.conf", "mailbox")
	columns := []string{"vmsecret", "fullname", "email", "pager"}
	for _, s := range userSections(f, "hasvoicemail") {
		var values, options []string
		for _, name := range columns {
			values = append(values, strings.ReplaceAll(s.Get(name), ",", " ")) // which is between them
		}
		for _, e := range s.Lines() {
			name := strings.ToLower(e.Key)
			if !slices.Contains(columns, name) && slices.ContainsFunc(known, func(o facts.Option) bool { return o.Name == name }) {
				options = append(options, name+"="+strings.ReplaceAll(e.Value, "|", " "))
			}
		}
		fmt.Fprintf(&b, "%s => %s\n", s.Name, plain(strings.Join(append(values, strings.Join(options, "|")), ",")))
	}
	return parsedUsers(b.String())
}

func parsedUsers(text string) (*config.File, error) {
	f, err := config.Parse(provision.UsersFile, []byte(text), config.Options{})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", provision.UsersFile, err)
	}
	return f, nil
}

// fromUsers is what make makes of users.conf; nil without the file, and where it can't be made.
func (x *Exchange) fromUsers(make func(*config.File) (*config.File, error)) *config.File {
	f, err := x.look(provision.UsersFile)
	if err != nil {
		return nil // configureProvision has told why
	}
	made, err := make(f)
	if err != nil {
		x.log.Error("accounts of users.conf are left out", "error", err)
		return nil
	}
	return made
}
