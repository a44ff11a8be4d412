// Package rest is the server of ARI, Asterisk's REST interface: HTTP requests about
// channels, bridges and what else there is, and the WebSocket on which applications
// hear of them. What applications are and what legs do in them is in package stasis.
//
// A [Server] is an http.Handler for everything below a prefix; package httpd has the
// sockets. An operation is a row of a table: method, path and a function that reads
// its parameters and answers. Parameters may stand in the query or, as JSON, in the
// body, which wins.
//
// All methods may be called concurrently.
package rest
