// Package agi speaks the Asterisk Gateway Interface, by which a dialplan hands a
// call to a program: as a server of FastAGI (TCP 4573), as a local script over
// standard input and output, and from the exchange's side.
//
// A program gets a [Session]: the environment that the exchange sent, and a method
// for each command. It works alike with Asterisk and with Octothorpe.
//
//	server := agi.Server{Handler: agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error {
//		if err := s.Answer(ctx); err != nil {
//			return err
//		}
//		digits, _, err := s.GetData(ctx, "vm-password", 5*time.Second, 4)
//		if err != nil {
//			return err
//		}
//		_, err = s.SayDigits(ctx, digits, "")
//		return err
//	})}
//	err := server.ListenAndServe(ctx, "127.0.0.1:4573")
//
// One command is under way at a time: a Session is used by one goroutine, as a
// call is a conversation. [Pipe] makes a session without any exchange, for tests.
//
// The protocol is lines of text. What a command is sent as and what comes back can
// be seen and used on their own: [Split], [Quote], [Reply], [Environment], and
// [Script], the exchange's half of a connection.
package agi
