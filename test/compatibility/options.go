package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/facts/compatibility"
	"github.com/octothorpe/octothorpe/internal/provision"
)

// sections are where the options of an object stand, by file and object, in the files
// that the exchange itself reads. Those of phones have tables of their own. Lines behind
// the name are what makes the section one of that object.
var sections = map[string]map[string]string{
	"asterisk.conf":         {"directories": "directories", "files": "files", "options": "options", "compat": "compat"},
	"modules.conf":          {"modules": "modules"},
	"logger.conf":           {"general": "general"},
	"extensions.conf":       {"general": "general", "context": "house"},
	"indications.conf":      {"general": "general", "country": "us"},
	"musiconhold.conf":      {"general": "general", "class": "default"},
	"say.conf":              {"general": "general", "language": "en"},
	"rtp.conf":              {"general": "general", "ice_host_candidates": "ice_host_candidates"},
	"resolver_unbound.conf": {"general": "general"},
	"http.conf":             {"general": "general"},
	"manager.conf":          {"general": "general", "user": "admin"},
	"amd.conf":              {"general": "general"},
	"statsd.conf":           {"global": "general"},
	"aeap.conf":             {"client": "client"},
	"cli.conf":              {"startup_commands": "startup_commands"},
	"cli_permissions.conf":  {"general": "general", "user": "root"},
	"udptl.conf":            {"global": "general"},
	"iax.conf":              {"general": "general"},
	"cdr.conf":              {"general": "general", "csv": "csv"},
	"cel.conf":              {"general": "general", "manager": "manager"},
	"cdr_custom.conf":       {"mappings": "mappings"},
	"cel_custom.conf":       {"mappings": "mappings"},
	"cdr_manager.conf":      {"general": "general", "mappings": "mappings"},
	"ari.conf": {"general": "general", "user": "alice\ntype = user",
		"outbound_websocket": "out\ntype = outbound_websocket\napps = app"},
	"websocket_client.conf": {"websocket_client": "client\ntype = websocket_client\nuri = ws://localhost/"},
	"chan_websocket.conf":   {"global": "global"},
	"res_curl.conf":         {"globals": "globals"},
	"agents.conf":           {"agent-id": "1001"},
	"alarmreceiver.conf":    {"general": "general"},
	"confbridge.conf":       {"user_profile": "user\ntype = user", "bridge_profile": "bridge\ntype = bridge", "menu": "menu\ntype = menu"},
	"features.conf": {"general": "general", "globals": "general", "featuremap": "featuremap", "applicationmap": "applicationmap",
		"featuregroup": "group"},
	"followme.conf": {"general": "general", "profile": "office"},
	"minivm.conf": {"general": "general", "template": "template-mail", "account": "joe@example.com",
		"zonemessages": "zonemessages"},
	"queues.conf":      {"general": "general", "queue": "support"},
	"queuerules.conf":  {"general": "general", "rule": "rule"},
	"res_parking.conf": {"globals": "general", "parking_lot": "lot"},
	"voicemail.conf":   {"general": "general", "mailbox": "default", "zonemessages": "zonemessages"},

	"cdr_sqlite3_custom.conf": {"master": "master"},
	"cdr_pgsql.conf":          {"global": "global"},
	"cel_pgsql.conf":          {"global": "global"},
	"res_config_sqlite3.conf": {"database": "database"},
	"res_pgsql.conf":          {"general": "general"},

	"dsp.conf":                  {"default": "default"},
	"hep.conf":                  {"general": "general"},
	"phoneprov.conf":            {"general": "general", "profile": "desk"},
	"prometheus.conf":           {"general": "general"},
	"res_http_media_cache.conf": {"general": "general"},

	"codecs.conf": {"plc": "plc", "speex": "speex", "format": "opus"},
	"ccss.conf":   {"general": "general"},
	"stasis.conf": {"threadpool": "threadpool", "taskpool": "taskpool", "declined_message_types": "declined_message_types"},
}

// lines are how an option is tried where "name = yes" is not how it is written.
var lines = map[[2]string]string{
	{"voicemail.conf", "mailbox"}:       "1 = 1,,,,%s=yes",
	{"say.conf", "language"}:            "_num:. => digits/${SAY}",
	{"minivm.conf", "zonemessages"}:     "zone = Europe/Madrid|'vm-received' Q",
	{"voicemail.conf", "zonemessages"}:  "zone = Europe/Madrid|'vm-received' Q",
	{"confbridge.conf", "menu"}:         "1 = toggle_mute",
	{"features.conf", "applicationmap"}: "name = *9,self,NoOp",
}

// spelt are names that stand for others in the facts.
var spelt = map[string]string{"sound_": "sound_join", "(file)": "Master.csv", "(field)": "src", "(name)": "name"}

// columns are what a mailbox of a database has options for and the line of one in the file
// has places for.
var columns = []string{"email", "fullname", "pager", "password"}

// shared are files that others read: what they are asked for has its effect.
var shared = map[string]string{"acl.conf": "named_acl", "pjsip_notify.conf": "notify", "sip_notify.conf": "notify",
	"extconfig.conf": "settings", "sorcery.conf": "module"}

// aliases are what cli_aliases.conf has: an option there needs the section that it names.
var aliases = map[string]bool{"cli_aliases.conf": true}

// ownOptions asks the exchange, as a user would by `octothorpe check`, what it makes of each
// option of its files, and what of each file that it has no section of.
func ownOptions() (all []compatibility.Option, unread []compatibility.Item, err error) {
	for _, o := range facts.AllOptions() {
		if shared[o.File] == o.Object || aliases[o.File] {
			option := compatibility.Option{File: o.File, Object: o.Object, Name: o.Name, Honoured: true}
			if o.File == "sorcery.conf" {
				option.Honoured, option.Partial = false, "objects of phones and mailboxes alone are kept elsewhere"
			}
			all = append(all, option)
		}
		if o.File == provision.UsersFile {
			all = append(all, compatibility.Option{File: o.File, Object: o.Object, Name: o.Name, Honoured: provision.Reads(o.Object, o.Name),
				Partial: provision.Lacks(o.Object, o.Name)})
			continue
		}
		section := sections[o.File][o.Object]
		if section == "" {
			continue
		}
		if slices.Contains(columns, o.Name) && o.File == "voicemail.conf" {
			all = append(all, compatibility.Option{File: o.File, Object: o.Object, Name: o.Name, Honoured: true})
			continue
		}
		option, known, err := tried(section, o)
		if err != nil {
			return nil, nil, err
		}
		if known {
			all = append(all, option)
		}
	}
	for _, file := range facts.Files() {
		said, err := saidOf(file, "section", "option = yes")
		if err != nil {
			return nil, nil, err
		}
		if _, why, ok := strings.Cut(said, file+" is not read: "); ok {
			unread = append(unread, compatibility.Item{Name: file, Partial: strings.TrimSpace(why)})
		} else if sections[file] == nil && strings.Contains(said, "not supported") {
			unread = append(unread, compatibility.Item{Name: file, Partial: strings.TrimSpace(said)})
		}
	}
	return all, unread, nil
}

// tried asks what becomes of an option, and whether it is known at all.
func tried(section string, o facts.Option) (option compatibility.Option, known bool, err error) {
	name := o.Name
	if spelt[name] != "" {
		name = spelt[name]
	}
	line := name + " = yes"
	if pattern := lines[[2]string{o.File, o.Object}]; strings.Contains(pattern, "%") {
		line = fmt.Sprintf(pattern, name)
	} else if pattern != "" && name != "type" && name != "template" {
		line = pattern
	}
	switch name {
	case "type":
		line = ""
	case "allow", "disallow":
		line = name + " = ulaw"
	}
	said, err := saidOf(o.File, section, line)
	option = compatibility.Option{File: o.File, Object: o.Object, Name: o.Name}
	said = strings.TrimSpace(said)
	_, option.Idle, _ = strings.Cut(said, " has no effect: ")
	if option.Idle == "" {
		option.Partial = lack(said)
	}
	option.Honoured = option.Idle == "" && option.Partial == ""
	return option, !strings.Contains(said, "unknown"), err
}

// lack is what check says to be left to do for an option, or nothing.
func lack(said string) string {
	for _, before := range []string{"not honoured yet: ", "is not honoured: "} {
		if _, lack, ok := strings.Cut(said, before); ok {
			return lack
		}
	}
	if _, lack, ok := strings.Cut(said, ": "); ok && strings.Contains(lack, "can't be kept") {
		return lack
	}
	return ""
}

// head begins a section.
func head(section string) string {
	name, rest, _ := strings.Cut(section, "\n")
	return "[" + name + "]\n" + rest + "\n"
}

// saidOf is what check says of a file that has nothing but the line.
func saidOf(file, section, line string) (string, error) {
	folder, err := os.MkdirTemp("", "compatibility")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	texts := map[string]string{"asterisk.conf": "[directories]\nastetcdir = " + folder + "\n"}
	texts[file] += head(section) + line + "\n"
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	list, err := exchange.Check(exchange.Options{Config: filepath.Join(folder, "asterisk.conf")})
	if err != nil && len(list) == 0 {
		return "", err
	}
	var said strings.Builder
	for _, d := range list {
		if filepath.Base(d.File) == file {
			said.WriteString(d.Problem + "\n")
		}
	}
	return said.String(), nil
}
