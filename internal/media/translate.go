package media

// A Translator turns voice frames of one format into another. It keeps state
// from frame to frame and belongs to one stream.
type Translator interface {
	// Translate returns the frame in the target format. ok is false where more
	// input is needed first.
	Translate(f Frame) (out Frame, ok bool, err error)
}
