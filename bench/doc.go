// Package bench measures what the exchange costs: CPU time of the process for
// each operation, not time on a clock, as machines are shared and noisy.
//
//	go test -run '^$' -bench . ./bench
//
// There is nothing in the package but benchmarks. Those of parts (SIP parsing,
// transactions, the RTP relay, codecs, expressions, matching) stand beside the
// parts: `make bench` runs them all.
package bench
