// Command report calls an endpoint, waits until somebody answers, has the call go on in the dialplan, and prints what became of it as
// JSON: how long it lasted, the cause of its end, as a number and a text.
//
//	report -context default -extension 200 PJSIP/alice
package main
