// Command menu answers calls with a menu: 1 tells the time, 2 asks for an extension and sends the call there, 3 says
// goodbye. Dialplan: AGI(agi://host/menu).
package main
