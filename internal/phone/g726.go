package phone

import "github.com/octothorpe/octothorpe/internal/media"

// With g726_non_standard what a phone calls G726-32 is packed as AAL2-G726-32 is: some
// phones have its order of bits (RFC 3551 §4.5.4). The codec to allow is g726aal2.

// misnames has the G726-32 of their description mean what their phone means by it.
func (e *Endpoint) misnames(d *description) {
	if e.G726NonStandard {
		d.swapFormat(media.G726, media.G726AAL2)
	}
}

// misnamed has our description call it as their phone does.
func (e *Endpoint) misnamed(d *description) {
	if e.G726NonStandard {
		d.swapFormat(media.G726AAL2, media.G726)
	}
}

func (d *description) swapFormat(from, to *media.Format) {
	for i := range d.streams {
		for j := range d.streams[i].payloads {
			if p := &d.streams[i].payloads[j]; p.format == from {
				p.format = to
			}
		}
	}
}
