// Package office plays the small office with real softphones: baresip registers,
// dials, hears and is heard, is answered by a program over AGI, and SIPp gets what strangers and mistakes get. The
// exchange and the phones live in network namespaces that the test makes.
//
// It needs root, iproute2, baresip and sipp, and skips without them. There is
// nothing in the package but the test.
package office
