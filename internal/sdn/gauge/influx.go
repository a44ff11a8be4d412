package gauge

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

var escape = strings.NewReplacer(",", `\,`, "=", `\=`, " ", `\ `, "\n", `\ `)

// lines are samples in InfluxDB's line protocol. An empty label is no tag.
func lines(list []sample, at time.Time) []byte {
	var b bytes.Buffer
	for _, s := range list {
		b.WriteString(escape.Replace(s.name))
		for _, n := range sortedLabels(s.labels) {
			if v := s.labels[n]; v != "" {
				b.WriteString("," + escape.Replace(n) + "=" + escape.Replace(v))
			}
		}
		b.WriteString(" value=" + strconv.FormatFloat(s.value, 'f', -1, 64) + " " + strconv.FormatInt(at.UnixNano(), 10) + "\n")
	}
	return b.Bytes()
}

// post writes samples to an InfluxDB, and tries again as often as is wanted.
func post(ctx context.Context, db *config.DB, list []sample, at time.Time) error {
	if len(list) == 0 {
		return nil
	}
	target := url.URL{Scheme: "http", Host: net.JoinHostPort(db.InfluxHost, strconv.Itoa(db.InfluxPort)), Path: "/write",
		RawQuery: url.Values{"db": {db.InfluxDB}}.Encode()}
	if db.InfluxBucket != "" { // InfluxDB 2
		target.Path, target.RawQuery = "/api/v2/write", url.Values{"org": {db.InfluxOrg}, "bucket": {db.InfluxBucket}, "precision": {"ns"}}.Encode()
	}
	body := lines(list, at)
	var err error
	for range max(db.InfluxRetries, 1) {
		if err = postOnce(ctx, target.String(), db, body); err == nil || ctx.Err() != nil {
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
	reply.Body.Close()
	if reply.StatusCode/100 != 2 {
		return fmt.Errorf("InfluxDB answered %s", reply.Status)
	}
	return nil
}
