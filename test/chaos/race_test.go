//go:build race

package chaos

// raced says that the tests run under the race detector.
const raced = true
