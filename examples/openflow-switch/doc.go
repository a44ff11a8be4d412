// Command openflow-switch is a learning switch: it floods what it does not know
// and gives the switches a flow for every host that it has seen.
//
//	ovs-vsctl set-controller br0 tcp:127.0.0.1:6653
package main
