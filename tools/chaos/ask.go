package main

import (
	"context"
	"io"
	"net/http"
	"time"

	"watchfire.dev/tools/outside"
)

// status asks for a page and gives its status; 0 = no answer in time.
func (l *lab) status(d *outside.Desk, path string, limit time.Duration) int {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Base+path, nil)
	if err != nil {
		return 0
	}
	resp, err := d.Client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body) //nolint:errcheck // only the status counts
	return resp.StatusCode
}

// check is one judgement of the watch on itself.
type check struct {
	Name, Subject, State, Detail string
	Urgent                       bool
}

// vitals are the judgements of a process on itself.
func (l *lab) vitals(d *outside.Desk) ([]check, error) {
	var v struct{ Checks []check }
	err := l.get(d, "/api/v1/vitals", &v)
	return v.Checks, err
}

// shows tells whether a process says that something is in one of these states.
func (l *lab) shows(d *outside.Desk, name, subject string, states ...string) bool {
	list, err := l.vitals(d)
	if err != nil {
		return false
	}
	for _, c := range list {
		for _, s := range states {
			if c.Name == name && c.State == s && (subject == "" || c.Subject == subject) {
				return true
			}
		}
	}
	return false
}
