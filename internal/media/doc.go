// Package media holds what a call sounds like: formats and frames, codecs,
// file formats, tones, DTMF, resampling, mixing and the paths between formats.
//
// It does no network I/O and knows nothing of channels. Formats are immutable
// and may be used concurrently; a codec, detector or reader belongs to one
// goroutine at a time.
package media
