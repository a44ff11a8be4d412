// Package parking keeps calls in numbered spaces, from which anybody fetches them:
// res_parking.conf, Park, ParkAndAnnounce, ParkedCall, PARK_GET_CHANNEL, parkcall's keys, the actions
// and "parking show".
//
// A lot is a holding bridge and its spaces. Who is parked stays on the goroutine of
// the leg's owner, in [House.keep], until it is fetched, hangs up, is wanted
// elsewhere, or its time is up and it goes back to who parked it.
//
// A transfer to the extension of a lot parks at once, without a step of the dialplan:
// see call.Calls.Parks.
//
// All methods may be called concurrently.
package parking
