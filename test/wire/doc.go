// Package wire plays SIP exchanges on an exchange and compares every message
// that the phones got with what a real Asterisk sent them, header by header and
// body line by body line.
//
// The corpus is testdata/*.txtar. The comment of a file says with which Asterisk
// it was recorded; its sections named *.conf are the configuration; each other
// section is one exchange of messages: lines that say what phones do, written by
// people, and below each what phones got from it, indented, written by the
// recorder. A line of a script is one of
//
//	PHONE METHOD [TARGET]    sends a request; TARGET is a number or a URI, in a dialog it is the other's Contact
//	PHONE STATUS [METHOD]    answers the last request that this phone got (of this method)
//	PHONE raw                sends the lines that follow, as they are
//	console COMMAND          runs a command of the exchange's console
//	gone CHANNEL             waits until no channel's name begins so: what comes next comes later
//	bridged TECHNOLOGY       waits until a bridge joins its legs so, as native_rtp
//	wait DURATION            lets the recorder listen for that long
//	show COMMAND             runs a command, and what it prints is compared, too
//	rows TABLE [NAME]        the same of the rows of a table, or those of a name
//
// and what follows a request, an answer or raw says more about it:
//
//   - Name: value            a header more, or instead of the one that would be there
//   - Name                   without that header
//     = line                   a line of the body
//     = sdp FORMATS [ATTRIBUTES]
//     a description with these payload types: sdp 0 8 101 sendonly
//     auth USER PASSWORD       answers the last challenge
//
// Tables, in sections named "table NAME", are those of a web server at 127.0.0.1:8090,
// which the driver curl of realtime asks.
//
// PHONE is one of alice, bob and carol, at the ports 5061, 5062 and 5063 of
// 127.0.0.1, dave, who speaks by TCP from port 5064, or erin at [::1]:5065; or such a name with a number, alice/2, for a second dialog of the same
// phone. In a header, {alice call-id}, {alice local-tag}, {alice remote-tag} and
// {alice contact} stand for what belongs to that dialog.
//
// To add a case, write what the phones do and record it:
//
//	go run ./test/reference -record 22 test/wire/testdata/FILE.txtar
//
// `go test` plays all files on an exchange in its own process, `make
// reference-diff` on the program. What can't be the same twice is named in
// normal.go; all else is compared byte for byte. A Player is used by one goroutine.
package wire
