// Package media holds what a call sounds like: formats and frames, codecs,
// file formats, tones, DTMF, resampling, mixing and the paths between formats.
//
//   - [Format] and [Frame] are what everybody else speaks of.
//   - [NewDecoder], [NewEncoder]: G.711, G.722 at 64 kbit/s, GSM 06.10 full rate,
//     linear samples at every rate; [NewTranslator] from one format to another, and
//     [Cost] for what that costs.
//   - [OpenRead] and [Create]: files, by the extensions that Asterisk knows.
//   - [ParseTone], [Zone]: the tones of indications.conf.
//   - [DTMFDetector], [DTMFTone]: keys, and a fax's calling tone; [Silence].
//   - [Mixer]: the arithmetic of a conference, without its clock.
//   - [ParseFormats]: allow= lines.
//
// It does no network I/O and knows nothing of channels. Formats and tones are
// immutable and may be used concurrently; a codec, detector, source, reader or
// writer belongs to one goroutine at a time.
//
// Left out on purpose: G.729, which is carried but not decoded, and making Opus; video.
package media
