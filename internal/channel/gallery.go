package channel

import "github.com/octothorpe/octothorpe/internal/media"

// A Picture is what a stream of pictures carries.
type Picture struct {
	Formats []*media.Format
	// Parameters is what the sender said of its formats (a=fmtp).
	Parameters map[*media.Format]string
}

// A Gallery is a Leg to which streams of others' pictures can be added behind its own.
type Gallery interface {
	// Pictures are the streams of pictures that the call came with, without those that were added.
	Pictures() []Picture
	// ShowPictures asks the far end for a further stream for each of the pictures, and does not wait for its
	// answer. A place that is nil has no stream; one that had a stream before loses it.
	ShowPictures(list []*Picture)
	// PictureNumber is the Stream of frames that are for a place of ShowPictures.
	PictureNumber(place int) (number uint8, ok bool)
}
