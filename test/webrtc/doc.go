// Package webrtc calls an exchange from a browser: a page with a small SIP client in
// headless Chromium registers over WebSocket, calls an echo, is called, and hears
// itself, with ICE, DTLS-SRTP and Opus as browsers have them.
//
// Without Chromium the test is skipped. It needs no network but the loopback and
// whatever address the machine has.
package webrtc
