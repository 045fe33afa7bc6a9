package main

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"watchfire.dev/internal/feed/formats"
)

// badFeeds: each format answers 200 with something that is no news: HTML, nothing, a document
// cut in the middle, or the same old document again and again.
var badFeeds = row{n: 13, name: "200 but stale, empty, HTML, cut", must: "quarantine with reason, old events stay, blind within limit + 60 s", play: playBadFeeds}

var badBodies = []struct{ name, body string }{
	{"html", "<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>"},
	{"empty", ""},
	{"cut", ""}, // half of a good one
	{"stale", ""},
}

func playBadFeeds(l *lab) error {
	const limit = 4 * time.Second
	f := l.newFeeds()
	sources, bad := "", []string{}
	for i, b := range badBodies {
		f.set("/usgs-"+b.name, fresh(i))
		sources += definition("usgs-"+b.name, "usgs", f.URL+"/usgs-"+b.name, limit)
		bad = append(bad, "usgs-"+b.name)
	}
	for _, kind := range formats.Kinds() { // the others never had a good answer
		if kind == "usgs" || kind == "push" || kind == "auto" {
			continue
		}
		for _, b := range badBodies[:3] {
			id := kind + "-" + b.name
			body := b.body
			if b.name == "cut" {
				body = `<?xml version="1.0"?><rss version="2.0"><channel><title>Half of a`
			}
			f.set("/"+id, fixed(body))
			sources += definition(id, kind, f.URL+"/"+id, limit)
			bad = append(bad, id)
		}
	}
	l.got = newReceiver()
	if err := l.install(l.portfolio(len(badBodies)+1), "", sources); err != nil {
		return err
	}
	if err := l.open1(); err != nil {
		return err
	}
	if err := l.wait(len(badBodies), 60*time.Second); err != nil {
		return err
	}
	open, err := l.openWarnings()
	if err != nil {
		return err
	}
	good := quake(2, time.Now())
	last := quake(3, time.Now())
	f.set("/usgs-html", fixed(badBodies[0].body))
	f.set("/usgs-empty", fixed(""))
	f.set("/usgs-cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(good)))
		w.Write([]byte(good[:len(good)/2])) //nolint:errcheck // it is cut on purpose
	})
	f.set("/usgs-stale", fixed(last))
	from := time.Now()
	took, err := l.blind(bad[:len(badBodies)], from, limit+time.Minute)
	if err != nil {
		return err
	}
	unsaid := slices.Clone(bad)
	if err := until(90*time.Second, func() string { return fmt.Sprintf("no reason is given for %v", unsaid) }, func() bool {
		seen, err := l.sources()
		unsaid = slices.DeleteFunc(slices.Clone(bad), func(id string) bool {
			s := seen[id]
			return err == nil && (s.LastError != "" || s.Quarantined > 0 || id == "usgs-stale") && !s.Seeing
		})
		return len(unsaid) == 0
	}); err != nil {
		return err
	}
	after, err := l.openWarnings()
	if err != nil {
		return err
	}
	l.note("%d formats, %d sources; blind after %.1f s of a limit of %s; %d warnings before, %d after", len(formats.Kinds()), len(bad), took.Seconds(), limit, open, after)
	if after < open || open == 0 {
		return fmt.Errorf("of %d warnings %d are left", open, after)
	}
	if err := l.push(len(badBodies)); err != nil {
		return err
	}
	if err := l.wait(len(badBodies)+1, 60*time.Second); err != nil {
		return err
	}
	return l.judge()
}

// openWarnings counts the warnings of the queue.
func (l *lab) openWarnings() (int, error) {
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	err := l.get(l.desk, "/api/v1/warnings", &list)
	return len(list.Items), err
}
