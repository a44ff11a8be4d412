// Package sdn is the network controller as a command: octothorpe sdn.
//
// The work is done below: package config reads faucet.yaml, package pipeline
// makes flow tables of it, package control keeps switches at them. This package
// has the command line, the environment variables of Faucet's, the signals and
// the metrics' HTTP server. Package main calls Main.
//
// Left out so far: what docs/sdn.md lists as missing.
package sdn
