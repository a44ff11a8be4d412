// Package bench measures what the exchange costs: processor time for each operation,
// not time on a clock, as machines are shared and noisy.
//
//	go run ./bench/reference              # beside a real Asterisk, one table
//	go run ./bench/sdn                    # the network controller, with simulated switches
//	go run ./bench/centre                 # an hour of a call centre, every call accounted for
//	go test -run '^$' -bench . ./bench    # the parts that need no phones
//
// The command reference runs our program and Asterisk, one after the other, each in a
// network namespace of its own, with the same configuration and the same phones
// (package traffic). This package has nothing but Go benchmarks of the dialplan and
// of Local calls, in one process. Those of smaller parts (SIP parsing, transactions,
// the RTP relay, codecs, expressions, matching) stand beside the parts: `make bench`
// runs them all.
package bench
