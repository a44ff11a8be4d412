package agi

import "context"

// SpeechCreate makes a speech object of an engine.
func (s *Session) SpeechCreate(ctx context.Context, engine string) error {
	return s.one(ctx, "SPEECH CREATE", engine)
}

// SpeechSet changes a setting of the speech object.
func (s *Session) SpeechSet(ctx context.Context, name, value string) error {
	return s.one(ctx, "SPEECH SET", name, value)
}

// SpeechDestroy ends the speech object.
func (s *Session) SpeechDestroy(ctx context.Context) error { return s.one(ctx, "SPEECH DESTROY") }

// SpeechLoadGrammar loads a grammar from a path under a name.
func (s *Session) SpeechLoadGrammar(ctx context.Context, name, path string) error {
	return s.one(ctx, "SPEECH LOAD GRAMMAR", name, path)
}

// SpeechUnloadGrammar unloads a grammar.
func (s *Session) SpeechUnloadGrammar(ctx context.Context, name string) error {
	return s.one(ctx, "SPEECH UNLOAD GRAMMAR", name)
}

// SpeechActivateGrammar has the engine listen for a grammar.
func (s *Session) SpeechActivateGrammar(ctx context.Context, name string) error {
	return s.one(ctx, "SPEECH ACTIVATE GRAMMAR", name)
}

// SpeechDeactivateGrammar takes a grammar away.
func (s *Session) SpeechDeactivateGrammar(ctx context.Context, name string) error {
	return s.one(ctx, "SPEECH DEACTIVATE GRAMMAR", name)
}

// SpeechRecognize plays a sound and returns what the engine made of the answer.
func (s *Session) SpeechRecognize(ctx context.Context, prompt, timeout, offset string) (Reply, error) {
	return s.done(ctx, "SPEECH RECOGNIZE", append([]string{prompt, timeout}, given(offset)...)...)
}
