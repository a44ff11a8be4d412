package exchange

import (
	"context"
	"errors"
	"html"
	"net/http"
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/httpd"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/provision"
)

// pjsipProvider is what the console calls lines of type=phoneprov.
const pjsipProvider = "res_pjsip_phoneprov_provider"

// buildProvision makes what gives phones their files, and its page.
func (x *Exchange) buildProvision() {
	x.provision = &provision.House{Folder: filepath.Join(x.dirs.Data, "phoneprov"), Logger: x.log,
		Expand: func(ctx context.Context, variables map[string]string, text string) string {
			return dialplan.Compile(text).Expand(x.engine.Env(dialplan.WithVariables(ctx, variables), nil))
		}}
	x.modules.add(provision.Module, "Phones' configuration over HTTP")
	x.modules.add(pjsipProvider, "Phones' configuration from pjsip.conf")
	x.offer(x.provision.Functions(), nil)
	x.console.Add(x.provision.Commands())
	x.http.Handle(httpd.Page{Path: provision.Path, About: "Asterisk HTTP Phone Provisioning Tool", Below: true,
		Handler: http.HandlerFunc(x.servePhoneFile), On: func() bool { return x.modules.wants(provision.Module) }})
}

// servePhoneFile answers a phone that asks for a file.
func (x *Exchange) servePhoneFile(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		x.http.Unsupported(w)
		return
	}
	switch err := x.provision.Serve(w, r); {
	case errors.Is(err, provision.ErrNotFound):
		x.http.Error(w, http.StatusNotFound, "Not Found", html.EscapeString(provision.URI(r)))
	case errors.Is(err, provision.ErrUnreadable):
		x.http.Error(w, http.StatusInternalServerError, "Internal Error", "An internal error has occured.")
	case err != nil:
		x.log.Debug("a phone did not get its file", "uri", r.URL.Path, "error", err)
	}
}

// configureProvision reads phoneprov.conf and users.conf, and asks the phones of pjsip.conf.
func (x *Exchange) configureProvision() error {
	if !x.modules.wants(provision.Module) {
		return nil
	}
	settings, problems := provision.Read(x.optional(provision.File))
	x.report(problems)
	lines, problems := provision.Users(x.optional(provision.UsersFile))
	x.report(problems)
	if d := x.phones.drivers[phone.PJSIP]; d != nil && x.modules.wants(pjsipProvider) {
		for _, p := range d.Model().Provisions() {
			lines = append(lines, &provision.Line{Provider: pjsipProvider, Name: p.Name, MAC: p.MAC, Profile: p.Profile, Variables: p.Variables})
		}
	}
	x.provision.Configure(x.background, settings, lines)
	return nil
}

func checkProvision(f *config.File) []config.Diagnostic { _, d := provision.Read(f); return d }

func checkUsers(f *config.File) []config.Diagnostic { _, d := provision.Users(f); return d }
