package channel

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/media"
)

// A Gallery is a Leg to which streams of others' pictures can be added behind its own.
type Gallery interface {
	// Pictures are the formats of the streams of pictures that the call has, one of each.
	Pictures() []*media.Format
	// AddPictures asks the far end for a further stream in each of the formats, and returns when it has
	// answered. A place without a format has no stream; one that had a stream before loses it.
	AddPictures(ctx context.Context, formats []*media.Format) error
	// PictureNumber is the Stream of frames that are for a place of AddPictures.
	PictureNumber(place int) (number uint8, ok bool)
}
