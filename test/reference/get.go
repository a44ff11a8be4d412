package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// shownHeaders are what an answer of the HTTP server is recorded with; the others tell of
// the server, or of the moment.
var shownHeaders = []string{"Content-Type", "Location", "WWW-Authenticate"}

// get asks the HTTP server of an exchange, at its usual port, for a path.
func get(exchange Exchange, args []string) (string, error) {
	host, _, err := net.SplitHostPort(exchange.Manager())
	if err != nil {
		return "", err
	}
	method, path := http.MethodGet, args[0]
	request, err := http.NewRequest(method, "http://"+host+":8088/", nil)
	if err != nil {
		return "", err
	}
	request.URL.Opaque = path // as it is written, dots and all
	if len(args) > 1 {
		user, password, _ := strings.Cut(args[1], ":")
		request.SetBasicAuth(user, password)
	}
	client := http.Client{Timeout: stepTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true, ResponseHeaderTimeout: 10 * time.Second}}
	answer, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	fmt.Fprintln(&text, answer.StatusCode)
	for _, name := range shownHeaders {
		for _, value := range answer.Header.Values(name) {
			fmt.Fprintf(&text, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(&text, "\n%s", strings.ReplaceAll(string(body), "\r\n", "\n"))
	if len(body) > 0 && body[len(body)-1] != '\n' {
		text.WriteString("\n")
	}
	return text.String(), nil
}
