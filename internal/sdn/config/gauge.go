package config

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Gauge is a gauge.yaml: what is counted, how often, and where it goes.
type Gauge struct {
	Faucet   []string // the faucet.yaml files that it belongs to
	Embedded bool     // it has a key faucet, with what a faucet.yaml has
	Watchers []*Watcher
	Files    []string
	Warnings []string // what is odd but no error
}

// A Watcher counts one thing on some switches, for one database.
type Watcher struct {
	At       Pos
	Name     string `key:"name"`
	AllDPs   bool   `key:"all_dps,false"`
	DBName   string `key:"db"`
	DBType   string `key:"db_type,text"`
	DBNames  []Ref  `key:"dbs"`
	DPs      []Ref  `key:"dps"`
	Interval int    `key:"interval,30"` // seconds
	Type     string `key:"type"`        // port_state, port_stats, flow_table or meter_stats
	DB       *DB
}

// Watches says whether the watcher counts on a switch.
func (w *Watcher) Watches(dp *DP) bool {
	return w.AllDPs || slices.ContainsFunc(w.DPs, func(r Ref) bool { return r.Text == dp.Name })
}

// A DB is where counts go. The influx keys are those of Faucet before 1.10.12.
type DB struct {
	At             Pos
	Name           string
	Compress       bool   `key:"compress,false"`
	File           string `key:"file"`
	Path           string `key:"path"`
	PrometheusAddr string `key:"prometheus_addr,0.0.0.0"`
	PrometheusPort int    `key:"prometheus_port,9303"`
	TestThread     bool   `key:"prometheus_test_thread,false"`
	Type           string `key:"type"`
	InfluxDB       string `key:"influx_db,faucet"`
	InfluxHost     string `key:"influx_host,localhost"`
	InfluxPort     int    `key:"influx_port,8086"`
	InfluxUser     string `key:"influx_user"`
	InfluxPassword string `key:"influx_pwd"`
	InfluxTimeout  int    `key:"influx_timeout,10"`
	InfluxRetries  int    `key:"influx_retries,3"`
	InfluxBucket   string `key:"influx_bucket"` // of InfluxDB 2, our own, as are the next two
	InfluxOrg      string `key:"influx_org"`
	InfluxToken    string `key:"influx_token"`
}

var (
	watcherTypes = []string{"port_state", "port_stats", "flow_table", "meter_stats"}
	dbTypes      = []string{"text", "prometheus", "influx"}
)

// LoadGauge reads a gauge.yaml.
func LoadGauge(path string) (*Gauge, error) {
	d := newDocument()
	d.looseTop = true // Faucet's Gauge overlooks what it does not know there
	g, err := d.gauge(path)
	if e := (*Error)(nil); errors.As(err, &e) && e.Hint == "" && len(d.warnings) > 0 {
		e.Hint = strings.Join(d.warnings, "; ") // what was overlooked may be why
	}
	return g, err
}

// IsGauge says whether a file looks as if it were a gauge.yaml; what can not be read
// does not.
func IsGauge(path string) bool {
	top, err := newDocument().parse(path)
	if err != nil {
		return false
	}
	for _, key := range []string{"watchers", "dbs", "faucet_configs"} {
		if _, has := child(top, key); has != nil {
			_, dps := child(top, "dps")
			return dps == nil
		}
	}
	return false
}

// Strangers warns of switches that are watched and are none of these.
func (g *Gauge) Strangers(dps []*DP) (warnings []string) {
	for _, w := range g.Watchers {
		for _, r := range w.DPs {
			if !slices.ContainsFunc(dps, func(dp *DP) bool { return dp.Name == r.Text }) {
				warnings = append(warnings, r.At.wrong("watcher %s: there is no switch %s", w.Name, r.Text).Error())
			}
		}
	}
	return once(warnings)
}

// ExpandWatcher is a watcher with its database and all keys of both, as values that
// JSON can show. What is secret is not shown.
func ExpandWatcher(w *Watcher) map[string]any {
	m, db := expandStruct(reflect.ValueOf(*w)), expandStruct(reflect.ValueOf(*w.DB))
	for key := range db {
		kind, _, _ := strings.Cut(key, "_")
		if (kind == "influx" || kind == "prometheus") && kind != w.DB.Type || w.DB.Type != "text" && slices.Contains([]string{"file", "path", "compress"}, key) {
			delete(db, key)
		}
	}
	for _, key := range []string{"influx_pwd", "influx_token"} {
		if db[key] != nil && db[key] != "" {
			db[key] = "…"
		}
	}
	for _, key := range []string{"db", "dbs", "db_type"} {
		delete(m, key)
	}
	m["name"], m["db"], db["name"] = w.Name, db, w.DB.Name
	return m
}

func (d *document) gauge(path string) (*Gauge, error) {
	if err := d.load(path, []string{"faucet", "faucet_configs", "watchers", "dbs"}, nil); err != nil {
		return nil, err
	}
	g := &Gauge{Files: d.files, Warnings: d.warnings, Embedded: d.top["faucet"] != nil}
	if n := d.top["faucet_configs"]; n != nil {
		if n.Kind != yaml.SequenceNode {
			return nil, d.pos(n).wrong("faucet_configs must be a list of files")
		}
		for _, c := range n.Content {
			file := c.Value
			if !filepath.IsAbs(file) {
				file = filepath.Join(filepath.Dir(path), file)
			}
			g.Faucet = append(g.Faucet, file)
		}
	}
	dbs, err := d.databases()
	if err != nil {
		return nil, err
	}
	n := d.top["watchers"]
	if n == nil || len(n.Content) == 0 {
		return nil, &Error{Pos: Pos{File: path}, Message: "nothing is watched", Hint: "the key watchers says what"}
	}
	for i := 0; i < len(n.Content); i += 2 {
		if err := d.watcher(g, n.Content[i], n.Content[i+1], dbs); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (d *document) databases() (map[string]*DB, error) {
	dbs := map[string]*DB{}
	n := d.top["dbs"]
	for i := 0; n != nil && i < len(n.Content); i += 2 {
		db := &DB{Name: n.Content[i].Value}
		if err := d.into(n.Content[i+1], db, "database "+db.Name); err != nil {
			return nil, err
		}
		dbs[db.Name] = db
	}
	return dbs, nil
}

// watcher reads one; one of several databases becomes one for each.
func (d *document) watcher(g *Gauge, key, n *yaml.Node, dbs map[string]*DB) error {
	w := &Watcher{}
	if err := d.into(n, w, "watcher "+key.Value); err != nil {
		return err
	}
	if w.Name == "" {
		w.Name = key.Value
	}
	switch {
	case !slices.Contains(watcherTypes, w.Type):
		return w.At.wrong("a watcher of type %q is not known", w.Type).hint("known are %s", strings.Join(watcherTypes, ", "))
	case w.AllDPs && len(w.DPs) > 0:
		return w.At.wrong("all_dps and dps can not be used together")
	case !w.AllDPs && len(w.DPs) == 0:
		return w.At.wrong("watcher %s watches no switch", w.Name).hint("dps lists them, all_dps: true is all")
	case w.Interval < 1:
		return w.At.wrong("interval must be at least a second")
	}
	names := []string{}
	if w.DBName != "" {
		names = append(names, w.DBName)
	}
	for _, r := range w.DBNames {
		names = append(names, r.Text)
	}
	if len(names) == 0 {
		return w.At.wrong("watcher %s has no database", w.Name)
	}
	for _, name := range names {
		one := *w
		if one.DB = dbs[name]; one.DB == nil {
			return w.At.wrong("there is no database %s", name)
		}
		if !slices.Contains(dbTypes, one.DB.Type) {
			return one.DB.At.wrong("a database of type %q is not known", one.DB.Type).hint("known are %s", strings.Join(dbTypes, ", "))
		}
		g.Watchers = append(g.Watchers, &one)
	}
	return nil
}
