// Command ari plays scenarios of ARI, the REST interface, on an exchange and
// writes what it answered and told. The scenarios lie in testdata, a file each,
// with what Asterisk 22 answered; the tests of this folder play them on an
// exchange of their own and compare.
//
//	go run ./test/ari -record http://127.0.0.1:8088/ari testdata/channels.ari
//
// A scenario is lines:
//
//	# a remark
//	> GET /channels            a request, of user ari
//	> as viewer GET /channels  … of another user, or of nobody
//	> body {"a":1}             the JSON body of the next request
//	> ws app one               opens the WebSocket of an application, under a name
//	> close one
//	> say one {…}              sends a message on a WebSocket
//	> until StasisStart        waits for an event and shows all that have come
//	> wait 300ms
//	< …                        what the exchange said, the rest of the step
//
// The tests wait for all that was recorded behind an until, not for its event alone,
// and end with the step "rest", which shows what nobody asked for.
//
// ${channel.id} in a request is a field of the last answer that had a body, or of
// the last event that was shown. What differs from run to run is written the same:
// identifiers are numbered in the order in which they come, times are TIME.
package main
