package sdn

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/internal/sdn/view"
)

// shown are the tables of show, each with a list to decode its rows into.
var shown = []struct {
	name string
	rows func() any
}{
	{"dps", func() any { return &[]view.DP{} }}, {"ports", func() any { return &[]view.Port{} }}, {"hosts", func() any { return &[]view.Host{} }},
	{"vlans", func() any { return &[]view.VLAN{} }}, {"routes", func() any { return &[]view.Route{} }}, {"bgp", func() any { return &[]view.Neighbour{} }},
	{"flows", func() any { return &[]view.Flow{} }}, {"stack", func() any { return &[]view.Link{} }},
}

// running asks a controller that runs.
type running struct{ address string }

func (r running) get(path string, query url.Values, to any) error {
	address := r.address
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	reply, err := client.Get(strings.TrimSuffix(address, "/") + "/api/" + path + "?" + query.Encode())
	if err != nil {
		return fmt.Errorf("no controller answers (does one run, and does -at say where its -view is?): %w", err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		var said struct{ Error string }
		if json.NewDecoder(reply.Body).Decode(&said) == nil && said.Error != "" {
			return errors.New(said.Error)
		}
		return fmt.Errorf("the controller answered %s", reply.Status)
	}
	for _, name := range reply.Header.Values("Unanswered") {
		fmt.Fprintf(os.Stderr, "%s does not answer\n", name)
	}
	return json.NewDecoder(reply.Body).Decode(to)
}

func viewAddress() string { return environment("OCTOTHORPE_SDN_VIEW", Defaults().View) }

// show prints a table of a controller that runs.
func show(args []string, out, errOut io.Writer) int {
	f := flag.NewFlagSet("show", flag.ContinueOnError)
	at, raw := f.String("at", viewAddress(), ""), f.Bool("json", false, "")
	rest, code, ok := parse(f, args, arity{lacks: map[int]string{0: "no table is named"}, most: 2}, out, errOut)
	if !ok {
		return code
	}
	query := url.Values{}
	if len(rest) == 2 {
		query.Set("dp", rest[1])
	}
	for _, s := range shown {
		if s.name != rest[0] {
			continue
		}
		rows := s.rows()
		if err := (running{*at}).get(s.name, query, rows); err != nil {
			fmt.Fprintln(errOut, err)
			return 1
		}
		if *raw {
			e := json.NewEncoder(out)
			e.SetIndent("", "    ")
			_ = e.Encode(rows) // who reads has gone
			return 0
		}
		printRows(out, rows)
		return 0
	}
	return misuse(errOut, "show", "there is no table %s", rest[0])
}

// printRows prints a list of structs as a table, the keys of JSON its headings.
func printRows(out io.Writer, rows any) {
	list := reflect.ValueOf(rows).Elem()
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	kind := list.Type().Elem()
	var head []string
	for i := range kind.NumField() {
		head = append(head, kind.Field(i).Tag.Get("json"))
	}
	fmt.Fprintln(w, strings.Join(head, "\t"))
	for i := range list.Len() {
		var cells []string
		for j := range kind.NumField() {
			cells = append(cells, cell(list.Index(i).Field(j)))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	w.Flush()
}

func cell(v reflect.Value) string {
	text := ""
	switch x := v.Interface().(type) {
	case bool:
		text = map[bool]string{true: "yes", false: "no"}[x]
	case time.Time:
		text = x.Local().Format(time.DateTime)
	case []string:
		text = strings.Join(x, ",")
	case []uint32:
		text = strings.Trim(strings.ReplaceAll(fmt.Sprint(x), " ", ","), "[]")
	default:
		text = fmt.Sprint(x)
	}
	if text == "" {
		return "-"
	}
	return text
}

// trace says which flows a packet meets: in a controller that runs, or with -c by
// the tables of a file, of which no host is learnt and all ports are up.
func trace(args []string, out, errOut io.Writer) int {
	f := flag.NewFlagSet("trace", flag.ContinueOnError)
	at, file, dp, raw := f.String("at", viewAddress(), ""), f.String("c", "", ""), f.String("dp", "", ""), f.Bool("json", false, "")
	rest, code, ok := parse(f, args, arity{map[int]string{0: "the port and the packet are missing", 1: "the packet is missing: WORD is the port"},
		2, " (fields of a packet are joined by commas)"}, out, errOut)
	if !ok {
		return code
	}
	var steps []pipeline.Step
	var err error
	if *file != "" {
		steps, err = traceFile(*file, *dp, rest[0], rest[1])
	} else {
		var reply view.Traced
		err = running{*at}.get("trace", url.Values{"dp": {*dp}, "port": {rest[0]}, "packet": {rest[1]}}, &reply)
		if steps = reply.Steps; err == nil && !reply.Up {
			fmt.Fprintf(errOut, "port %d has no link now\n", reply.Port)
		}
	}
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	if *raw {
		e := json.NewEncoder(out)
		e.SetIndent("", "    ")
		_ = e.Encode(steps) // who reads has gone
	} else {
		fmt.Fprint(out, pipeline.Text(steps))
	}
	return 0
}

func traceFile(file, name, port, text string) ([]pipeline.Step, error) {
	c, err := config.Load(file)
	if err != nil {
		return nil, err
	}
	dp, err := view.Find(c.DPs, name)
	if err != nil {
		return nil, err
	}
	number, err := view.FindPort(dp, port)
	if err != nil {
		return nil, err
	}
	packet, err := pipeline.ParsePacket(text)
	if err != nil {
		return nil, err
	}
	return pipeline.Trace(pipeline.Build(dp, pipeline.AllUp(dp)), number, packet), nil
}
