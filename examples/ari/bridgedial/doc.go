// Command bridgedial connects who calls with the endpoint that the dialplan names, and ends the one leg with the other, with the same
// cause. The caller hears ringing meanwhile. Dialplan: Stasis(bridgedial,PJSIP/alice).
package main
