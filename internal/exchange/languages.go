package exchange

// loadLanguages reads the dialplans in other languages than that of extensions.conf.
func (x *Exchange) loadLanguages() {
	if err := x.loadLua(); err != nil {
		x.log.Error("a part of the dialplan is missing", "error", err)
	}
}
