package exchange

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/octothorpe/octothorpe/internal/mediacache"
)

// mediaCacheModule fetches sounds of web servers.
const mediaCacheModule = "res_http_media_cache"

var errNoMediaCache = errors.New("sounds of web servers are not fetched: " + mediaCacheModule + " is not loaded")

// buildMediaCache makes what keeps the sounds of web servers.
func (x *Exchange) buildMediaCache() {
	x.fetched = mediacache.New(filepath.Join(x.dirs.Cache, "media"), x.database, x.log)
	x.modules.add(mediaCacheModule, "Sounds of web servers")
}

// fetchSound is the file of a sound of a web server.
func (x *Exchange) fetchSound(ctx context.Context, uri string) (path string, err error) {
	if !x.modules.wants(mediaCacheModule) {
		return "", errNoMediaCache
	}
	return x.fetched.Retrieve(ctx, uri)
}

// configureMediaCache reads res_http_media_cache.conf.
func (x *Exchange) configureMediaCache() error {
	s, problems := mediacache.Read(x.optional(mediacache.File))
	x.report(problems)
	x.fetched.Configure(s)
	return nil
}
