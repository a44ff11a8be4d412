// Package command says what a console command, manager action, dialplan
// application or dialplan function is: the row of a table.
//
// Each package of the exchange exports its own tables; package exchange joins
// them and hands every interface the dispatcher that it needs. Nothing here
// does anything: it is the shape of the tables. Rows are immutable after start.
package command
