// Command ivr answers calls with a menu: 1 plays a sound, 2 records a message and plays it back, 3 sends the call on in the
// dialplan. Who presses nothing hears the menu again, three times. Dialplan: Stasis(ivr).
package main
