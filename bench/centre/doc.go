// Command centre runs an hour of a call centre through the exchange, compressed into
// some minutes, and accounts for every call.
//
//	go run ./bench/centre                                  # 1,000 agents, 5,000 calls, in 6 minutes
//	go run ./bench/centre -agents 50 -calls 250 -over 10s
//	go run ./bench/centre -reference test/reference/asterisk.sh    # Asterisk in our place; as root
//
// The agents and the callers are phones that speak SIP over the loopback (package
// traffic); the exchange runs in a process of its own, with pjsip.conf, queues.conf and
// the records that any exchange has: queue_log, CDR as CSV and CEL as CSV. There is no
// sound. What each phone does with each call (when it calls, how long it waits, for how
// long it rings and talks, who hangs up) comes from -seed; which agent gets which call
// is up to the exchange.
//
// What the phones saw is the ledger. At the end each call of the ledger is looked for in
// each of the records: that it came once and ended once, as the phones say it did, with
// the agent who took it, for as long as they talked, after as many vain attempts as
// phones rang; and that nothing stands there that no phone saw. Where two did something
// at the same moment, as a caller who gives up while an agent answers, either order is
// right, and the call is counted as crossed. A difference is an error and the program
// ends with 1.
package main
