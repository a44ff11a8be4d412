// Package records kills an exchange in the middle of its calls, starts it again, and
// looks whether the records of all calls that had ended are there, whole, in each of
// the places that they are written to.
//
// And whether what it had answered for is there: members of queues, entries of AstDB,
// contacts of phones, messages in a mailbox.
//
// The calls are Local channels that the manager interface asks for. There is nothing
// in the package but the test.
package records
