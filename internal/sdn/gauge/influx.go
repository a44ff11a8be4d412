package gauge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// points are what a switch has told as Faucet's Gauge gave it to InfluxDB: a
// measurement for each counter, with few tags. Ports are called by their numbers
// here, as by the last Gauge that knew InfluxDB (1.10.11). Meters are our own.
func points(dp *config.DP, told openflow.ReplyBody) (list []sample) {
	switch r := told.(type) {
	case *openflow.PortStatsReply:
		for _, p := range r.Ports {
			tags := map[string]string{"dp_name": dp.Name, "port_name": fmt.Sprint(p.Port)}
			for _, c := range portCounters(p) {
				list = append(list, sample{c.name("_"), tags, float64(c.value)})
			}
		}
	case *openflow.MeterStatsReply:
		for _, m := range r.Meters {
			tags := map[string]string{"dp_name": dp.Name, "meter_id": fmt.Sprint(m.Meter)}
			for _, c := range meterCounters(m) {
				list = append(list, sample{c.name("_"), tags, float64(c.value)})
			}
		}
	case *openflow.FlowStatsReply:
		for _, f := range r.Flows {
			tags := flowLabels(dp, f)
			list = append(list, sample{"flow_packet_count", tags, float64(f.Packets)}, sample{"flow_byte_count", tags, float64(f.Bytes)})
		}
	}
	return list
}

// portPoints are what happened to ports of the configuration, which are called by
// their names.
func portPoints(dp *config.DP, changes []*openflow.PortStatus) (list []sample) {
	for _, m := range changes {
		if p := dp.Port(m.Port.Number); p != nil {
			list = append(list, sample{"port_state_reason", map[string]string{"dp_name": dp.Name, "port_name": p.Name}, float64(m.Reason)})
		}
	}
	return list
}

var escape = strings.NewReplacer(",", `\,`, "=", `\=`, " ", `\ `, "\n", `\ `)

// tag is the value of one. A backslash at its end would take what follows with it.
func tag(value string) string {
	if value = escape.Replace(value); strings.HasSuffix(value, `\`) {
		value += `\ `
	}
	return value
}

// lines are samples in InfluxDB's line protocol, of a time in seconds. An empty
// label is no tag.
func lines(list []sample, at time.Time) []byte {
	var b bytes.Buffer
	for _, s := range list {
		b.WriteString(s.name)
		for _, n := range sortedLabels(s.labels) {
			if v := s.labels[n]; v != "" {
				b.WriteString("," + n + "=" + tag(v))
			}
		}
		b.WriteString(" value=" + strconv.FormatFloat(s.value, 'f', -1, 64) + " " + strconv.FormatInt(at.Unix(), 10) + "\n")
	}
	return b.Bytes()
}

// refused is an answer of an InfluxDB that another try does not better.
type refused string

func (r refused) Error() string { return string(r) }

// post writes samples to an InfluxDB, and tries again as often as is wanted where
// that may help: when it does not answer, or has a problem of its own.
func post(ctx context.Context, db *config.DB, list []sample, at time.Time) error {
	if len(list) == 0 {
		return nil
	}
	target := url.URL{Scheme: "http", Host: net.JoinHostPort(db.InfluxHost, strconv.Itoa(db.InfluxPort)), Path: "/write",
		RawQuery: url.Values{"db": {db.InfluxDB}, "precision": {"s"}}.Encode()}
	if db.InfluxBucket != "" { // InfluxDB 2
		target.Path, target.RawQuery = "/api/v2/write", url.Values{"org": {db.InfluxOrg}, "bucket": {db.InfluxBucket}, "precision": {"s"}}.Encode()
	}
	body := lines(list, at)
	var err error
	for range max(db.InfluxRetries, 1) {
		err = postOnce(ctx, target.String(), db, body)
		if no := refused(""); err == nil || ctx.Err() != nil || errors.As(err, &no) {
			return err
		}
	}
	return err
}

func postOnce(ctx context.Context, target string, db *config.DB, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(max(db.InfluxTimeout, 1))*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	switch {
	case db.InfluxToken != "":
		request.Header.Set("Authorization", "Token "+db.InfluxToken)
	case db.InfluxUser != "":
		request.SetBasicAuth(db.InfluxUser, db.InfluxPassword)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	why, _ := io.ReadAll(io.LimitReader(reply.Body, 512)) // what can be read is said
	switch text := strings.TrimSpace(fmt.Sprintf("InfluxDB answered %s %s", reply.Status, bytes.TrimSpace(why))); reply.StatusCode / 100 {
	case 2:
		return nil
	case 4:
		return refused(text)
	default:
		return errors.New(text)
	}
}
