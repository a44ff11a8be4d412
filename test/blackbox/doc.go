// Package blackbox is what tests need that look at whole exchanges from outside: our own program, built once; a real
// Asterisk where one is installed; ports that nobody else has; and the network namespaces in which others run.
//
// It is used by tests alone. What a test asks of an exchange stays in the folder of that test.
package blackbox
