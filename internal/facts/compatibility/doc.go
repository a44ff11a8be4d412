// Package compatibility sets what the exchange has beside what Asterisk knows,
// and writes docs/compatibility.md of it.
//
// It takes the exchange's own tables of names (Ours), so that the document can
// not say anything else than the code does: what is in no table is missing, what
// a table's row calls partial is partial. It is called by the generator in
// test/compatibility. It keeps nothing and may be used concurrently.
//
// Left out on purpose: how well something works. That is what the reference's
// transcripts and the conformance suite tell.
package compatibility
