package hep

import "encoding/json"

// A Report is a report of RTCP (RFC 3550 §6.4) as capture servers take it from Asterisk.
type Report struct {
	SSRC   uint32  `json:"ssrc"`
	Type   int     `json:"type"` // 200 sender report, 201 receiver report
	Count  int     `json:"report_count"`
	Sender *Sent   `json:"sender_information,omitempty"`
	Blocks []Block `json:"report_blocks"`
}

// Sent is what a sender tells of what it sent.
type Sent struct {
	Seconds   int64  `json:"ntp_timestamp_sec,string"` // of the time, since 1970
	Micros    int64  `json:"ntp_timestamp_usec,string"`
	Timestamp uint32 `json:"rtp_timestamp"`
	Packets   uint32 `json:"packets"`
	Octets    uint32 `json:"octets"`
}

// A Block tells how a source is received.
type Block struct {
	SSRC         uint32 `json:"source_ssrc"`
	FractionLost uint8  `json:"fraction_lost"` // of 256
	Lost         uint32 `json:"packets_lost"`
	Highest      uint32 `json:"highest_seq_no"`
	Jitter       uint32 `json:"ia_jitter"`  // in ticks of the RTP clock
	LastSR       uint32 `json:"lsr,string"` // the middle of the last sender report's time
	Delay        uint32 `json:"dlsr"`       // since then, in 1/65536 s
}

// JSON is the report's text.
func (r *Report) JSON() []byte {
	if r.Blocks == nil {
		r.Blocks = []Block{}
	}
	r.Count = len(r.Blocks)
	text, _ := json.Marshal(r) // numbers and strings can be written
	return text
}
