// Command calllog tells a web service of each call, by POST with a JSON body. The call goes on whatever the service
// says; the variable LOGGED is yes if it took it. Dialplan: AGI(agi://host/calllog).
package main
