// Package provision gives phones their configuration files over HTTP, below /phoneprov:
// phoneprov.conf, the functions PP_EACH_USER and PP_EACH_EXTENSION and `phoneprov show
// routes` of Asterisk 22's res_phoneprov.
//
// A [House] has the profiles of phoneprov.conf and the lines of phones that providers
// tell it: users.conf ([Users]), and pjsip.conf by way of the exchange. Of both it makes
// routes, once, when it is configured; a request looks its path up among them. What is
// served lies below the folder phoneprov of astdatadir and nowhere else: a route that
// leads out of it is refused when it is made, and symbolic links when they are followed.
//
// All exported methods may be called concurrently.
package provision
