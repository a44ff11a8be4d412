package exchange

import "github.com/octothorpe/octothorpe/internal/config"

// checkACLs looks at the lists of acl.conf themselves, whoever names them.
func checkACLs(f *config.File) []config.Diagnostic {
	r := config.NewReader(nil)
	for _, s := range f.Sections() {
		if s.Template {
			continue
		}
		var list config.ACL
		for _, e := range s.Lines() {
			if config.IsACL(e.Key) {
				list.Add(e, f, "nobody passes "+s.Name, r.Report)
			} else {
				r.Report(config.Warning, e, "known are permit and deny", "unknown option %s", e.Key)
			}
		}
	}
	return r.Diagnostics()
}
