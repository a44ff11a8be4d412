// Package grafana is no package: its folder holds dashboards of the network for
// Grafana, by what octothorpe sdn and Faucet tell Prometheus. Import the files in
// Grafana (Dashboards, New, Import) and choose the Prometheus that asks ports 9302
// and, for traffic and flows, 9303 (gauge.yaml). generate.go makes them.
package grafana

//go:generate go run generate.go
