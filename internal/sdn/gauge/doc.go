// Package gauge counts what switches do: it asks them for the counters that a
// gauge.yaml names, and hands these to Prometheus, InfluxDB or files under the names
// and labels of Faucet's Gauge.
//
// It asks on the connections of the controller, so that a switch needs not be
// told of a second one. One goroutine per watcher; a switch that does not answer
// within the watcher's interval is passed over and counted.
package gauge
