// Package advice reads what governments advise their travellers, country by country, and
// puts each government's scale on one of four steps (Level). Besides the governments' own
// forms (GOV.UK content API, the State Department's RSS, Canada's open data) it reads the
// lists that others scrape from their pages, as long as these name country and level. It
// promises one signal a country under a key that stays ("advice-us:ML"), whose version
// changes with date, level or words, and that advice for a part of a country never stands
// for the whole. It does not merge governments, and it does not read the prose for levels: a
// document that states none is a signal without advice_level, and a line of a list that
// states none is quarantined.
//
// The forms of the State Department's RSS and JSON, of cta-cap-XX.json and of today's
// Canadian index are written from memory and unverified against a live answer.
package advice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// Formats returns one format for each government.
func Formats() []feed.Format {
	var out []feed.Format
	for _, g := range governments() {
		out = append(out, feed.Format{Kind: g.kind, Parse: g.parse, Sniff: g.sniff})
	}
	return out
}

// government is what differs from one to the next besides the form of its records.
type government struct {
	kind  string
	name  string   // in English, for headlines
	marks []string // one of them stands near the beginning of each of its records
}

func governments() []government {
	return []government{
		{"advice-uk", "United Kingdom", []string{`"travel_advice"`, "gov.uk/foreign-travel-advice", `"/foreign-travel-advice`}},
		{"advice-us", "United States", []string{"travel.state.gov"}},
		{"advice-canada", "Canada", []string{`"advisory-state"`, "travel.gc.ca"}},
		{"advice-australia", "Australia", []string{"smartraveller.gov.au"}},
	}
}

func (g government) sniff(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 8<<10)]
	if len(head) == 0 || (head[0] != '{' && head[0] != '[' && head[0] != '<') {
		return false
	}
	for _, m := range g.marks {
		if bytes.Contains(head, []byte(m)) || bytes.Contains(head, []byte(jsonSlashes(m))) {
			return true
		}
	}
	return false
}

// batch gathers the entries of one record before doubled countries are settled.
type batch struct {
	in      feed.Input
	of      government
	entries []entry
	res     feed.Result
}

// parse reads one record. An index without levels gives links to the documents that have
// them and no items. Result.Items counts each country once: rows that say the same of one
// country twice are one item with a note.
func (g government) parse(in feed.Input) (feed.Result, error) {
	b := &batch{in: in, of: g}
	if err := b.read(scan.Trim(in.Body)); err != nil {
		return feed.Result{}, fmt.Errorf("parse %s of %s: %w", g.kind, in.Source.ID, err)
	}
	b.settle()
	b.res.Items = len(b.res.Signals) + len(b.res.Quarantined)
	return b.res, nil
}

func (b *batch) read(body []byte) error {
	if len(body) > 0 && body[0] == '<' {
		return b.rss(body)
	}
	if err := scan.JSON(body); err != nil {
		return err
	}
	if len(body) > 0 && body[0] == '[' {
		return b.rows(body, "")
	}
	var shape map[string]json.RawMessage
	if err := json.Unmarshal(body, &shape); err != nil {
		return fmt.Errorf("read record: %w: %w", err, fault.ErrInvalid)
	}
	has := func(name string) bool { _, ok := shape[name]; return ok }
	switch {
	case has("base_path") && has("details"):
		return b.govUK(body)
	case has("data"):
		return b.canada(shape["data"], shape["metadata"])
	case has("advisories"):
		b.stated(shape["last_updated"])
		return b.rows(body, "advisories")
	case has("countries"):
		var meta struct {
			FetchedAt string `json:"fetchedAt"`
		}
		if json.Unmarshal(shape["meta"], &meta) == nil {
			b.content(date(meta.FetchedAt))
		}
		return b.rows(body, "countries")
	case has("destination") || has("country") || has("name"):
		b.row(body, "")
		return nil
	}
	return fmt.Errorf("no form of travel advice that is known: %w", fault.ErrInvalid)
}

// stated takes a JSON string with the time at which a list was made.
func (b *batch) stated(raw json.RawMessage) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		b.content(date(text))
	}
}

func (b *batch) content(t time.Time) {
	if t.After(b.res.Content) {
		b.res.Content = t
	}
}

func (b *batch) quarantine(place, reason string, raw []byte) {
	b.res.Quarantined = append(b.res.Quarantined, feed.Quarantine{Place: place, Reason: reason, Raw: scan.Raw(raw)})
}

// date reads the forms of dates in use. Those without a zone are taken as UTC: they are
// off by hours at most, and advice is reviewed in days.
func date(text string) time.Time {
	t, err := scan.Time(text, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05.999999-07:00", "2006-01-02",
		"Mon, 02 Jan 2006", time.RFC1123Z, time.RFC1123, "2006-01-02 15:04:05", "January 2, 2006")
	if err != nil {
		return time.Time{}
	}
	return t
}
