// Package amitest is a manager for tests of programs that use package ami: it answers
// as the test says, without any exchange and without ports.
//
//	server := amitest.Server{Answer: func(s *amitest.Session, action ami.Message) {
//		s.Reply(action, "Error", "No such channel")
//	}}
//	client, err := ami.Dial(ctx, ami.Config{Username: "test", Secret: "secret", Dial: server.Dial})
//	…
//	server.Send(ami.Message{{"Event", "Hangup"}, {"Uniqueid", "1.1"}})
//
// Connections are [net.Pipe]s, so tests may use testing/synctest. A Server may be used
// concurrently. It lets everybody log in unless Secrets are set, and has no classes,
// filters or limits: for those, test against an exchange.
package amitest
