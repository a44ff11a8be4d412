// Package phone is the SIP channel driver: endpoints, the registrar, calls and
// subscriptions, as users of Asterisk know them from chan_pjsip and chan_sip.
//
// There is one model (Model, Endpoint, AOR, Auth, …) and two faces that fill
// it: LoadPJSIP reads pjsip.conf, LoadSIP reads sip.conf. Each face that is
// configured gets a Driver of its own, with its own transports, so that both
// run side by side on different ports: the first as technology PJSIP, the
// second as SIP.
//
// A Model is immutable once loaded. The Driver holds the current one behind an
// atomic pointer; Reload swaps it, and calls that run keep the Endpoint they
// began with. What changes while the exchange runs (contacts, reachability,
// outgoing registrations, calls in progress) lives in the Driver, not in the
// Model.
//
// RFC 3261 (SIP), RFC 8760 and RFC 2617 (digest), RFC 3327 (Path), RFC 3581
// (rport). Package exchange builds the drivers; nothing below knows them but by
// channel.Driver. All exported methods may be called concurrently.
package phone
