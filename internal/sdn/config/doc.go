// Package config reads faucet.yaml and gauge.yaml.
//
// Load takes a file with what it includes, checks all that Faucet 1.10 checks,
// and returns the switches with everything resolved: a port points at its VLANs,
// an ACL at the rules, a stack port at its peer. Every error has the file, line
// and column and, where one can be given, a hint.
//
// The keys, their types and their defaults stand in the tags of the structs;
// decode.go holds YAML against them. What is more than a type is checked where
// the objects are joined: dp.go, port.go, vlan.go, acl.go, tunnel.go, stack.go,
// router.go.
//
// Package control loads, package pipeline makes flow tables of what it returns.
// A Config is immutable once loaded and may be read concurrently.
//
// Left out on purpose: versions of the file before 2, as in Faucet.
package config
