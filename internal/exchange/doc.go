// Package exchange builds the whole telephone exchange from its configuration,
// starts it, reloads it and stops it.
//
// It joins the tables of all packages and hands each interface the dispatcher
// that it needs. Nothing below knows what is above it; here is where they meet.
// cmd/octothorpe is the only caller, and tests.
package exchange
