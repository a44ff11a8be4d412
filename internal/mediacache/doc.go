// Package mediacache keeps sounds that are fetched from web servers, so that
// Playback(https://…) and ARI's sound:https://… play a file: res_http_media_cache.conf and
// the console commands `media cache …` of Asterisk 22.
//
// A [Cache] fetches a sound when it is first asked for, and asks the server again when what
// the server said of its age (Cache-Control, Expires, ETag: RFC 9111) is over. Who asks for
// a sound that is being fetched waits for that one fetch. What is known of sounds is in
// AstDB and survives a restart. A Cache may be used concurrently.
//
// Its size has a bound, mostItems: the sound that was asked for longest ago makes room. A
// sound of more than longestSound bytes is refused.
package mediacache
