package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/exchange"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/facts/compatibility"
)

// sections are where the options of an object stand, by file and object, in the files
// that the exchange itself reads. Those of phones have tables of their own.
var sections = map[string]map[string]string{
	"asterisk.conf":         {"directories": "directories", "files": "files", "options": "options", "compat": "compat"},
	"modules.conf":          {"modules": "modules"},
	"logger.conf":           {"general": "general"},
	"extensions.conf":       {"general": "general", "context": "house"},
	"indications.conf":      {"general": "general", "country": "us"},
	"musiconhold.conf":      {"general": "general", "class": "default"},
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

	"cdr_sqlite3_custom.conf": {"master": "master"},
	"cdr_pgsql.conf":          {"global": "global"},
	"cel_pgsql.conf":          {"global": "global"},
	"res_config_sqlite3.conf": {"database": "database"},
	"res_pgsql.conf":          {"general": "general"},

	"codecs.conf": {"plc": "plc", "speex": "speex", "format": "opus"},
	"ccss.conf":   {"general": "general"},
	"stasis.conf": {"threadpool": "threadpool", "taskpool": "taskpool", "declined_message_types": "declined_message_types"},
}

// shared are files that others read: what they are asked for has its effect.
var shared = map[string]string{"acl.conf": "named_acl", "pjsip_notify.conf": "notify", "sip_notify.conf": "notify",
	"extconfig.conf": "settings", "sorcery.conf": "module"}

// aliases are what cli_aliases.conf has: an option there needs the section that it names.
var aliases = map[string]bool{"cli_aliases.conf": true}

// ownOptions asks the exchange, as a user would by `octothorpe check`, what it makes of each
// option of its files.
func ownOptions() ([]compatibility.Option, error) {
	var all []compatibility.Option
	for _, o := range facts.AllOptions() {
		if shared[o.File] == o.Object || aliases[o.File] {
			all = append(all, compatibility.Option{File: o.File, Object: o.Object, Name: o.Name, Honoured: o.File != "sorcery.conf"}) // it is, for some types
		}
		section := sections[o.File][o.Object]
		if section == "" {
			continue
		}
		said, err := saidOf(o.File, section, o.Name)
		if err != nil {
			return nil, err
		}
		if strings.Contains(said, "unknown") {
			continue
		}
		all = append(all, compatibility.Option{File: o.File, Object: o.Object, Name: o.Name, Honoured: !strings.Contains(said, "not honoured")})
	}
	return all, nil
}

// saidOf is what check says of a file that has nothing but the option.
func saidOf(file, section, option string) (string, error) {
	folder, err := os.MkdirTemp("", "compatibility")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(folder)
	texts := map[string]string{"asterisk.conf": "[directories]\nastetcdir = " + folder + "\n"}
	texts[file] += fmt.Sprintf("[%s]\n%s = yes\n", section, option)
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
