package gdacs

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// The kinds in source definitions.
const (
	KindRSS     = "gdacs-rss"
	KindGeoJSON = "gdacs-geojson"
)

// Formats returns both formats.
func Formats() []feed.Format {
	return []feed.Format{
		{Kind: KindRSS, Parse: ParseRSS, Sniff: SniffRSS},
		{Kind: KindGeoJSON, Parse: ParseGeoJSON, Sniff: SniffGeoJSON},
	}
}

// SniffRSS tells whether body looks like the RSS form.
func SniffRSS(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 8<<10)]
	return bytes.Contains(head, []byte("<rss")) &&
		(bytes.Contains(head, []byte("http://www.gdacs.org")) || bytes.Contains(head, []byte("<gdacs:")))
}

// ParseRSS reads the RSS form. Items are cut out first and read one at a time, so that a
// fault in one, or a feed that breaks off, leaves the others readable.
func ParseRSS(in feed.Input) (feed.Result, error) {
	if err := scan.XML(in.Body); err != nil {
		return feed.Result{}, fmt.Errorf("read GDACS feed: %w", err)
	}
	body := scan.Trim(in.Body)
	if !bytes.Contains(body[:min(len(body), 8<<10)], []byte("<rss")) {
		return feed.Result{}, fmt.Errorf("read GDACS feed: no <rss> element: %w", fault.ErrInvalid)
	}
	elements := scan.Elements(body, "item")
	head, tail := body, body
	if n := len(elements); n > 0 {
		head, tail = body[:elements[0].Offset], body[elements[n-1].Offset:]
	}
	r := feed.Result{Items: len(elements), Content: stated(head)}
	seen := r.Content
	for i, e := range elements {
		where := fmt.Sprintf("item[%d]", i)
		published, err := addItem(&r, in, e)
		if err != nil {
			r.Quarantined = append(r.Quarantined, feed.Quarantine{Place: where, Reason: scan.Text(err.Error()), Raw: scan.Raw(e.Raw)})
		}
		if published.After(r.Content) && seen.IsZero() {
			r.Content = published
		}
	}
	if !bytes.Contains(tail, []byte("</rss>")) && (len(elements) == 0 || elements[len(elements)-1].Whole) {
		// Nothing that is an item, so not counted as one; but more may have been meant to follow.
		r.Quarantined = append(r.Quarantined, feed.Quarantine{
			Place: "rss", Reason: "the feed ends before </rss>: items may be missing", Raw: scan.Raw(tail[max(0, len(tail)-512):]),
		})
	}
	return r, nil
}

// stated is the time at which the feed says it was made.
func stated(head []byte) time.Time {
	for _, name := range []string{"pubDate", "lastBuildDate"} {
		for _, e := range scan.Elements(head, name) {
			var text string
			if e.Whole && xml.Unmarshal(e.Raw, &text) == nil {
				if t, err := scan.Time(text, layouts()...); err == nil {
					return t
				}
			}
		}
	}
	return time.Time{}
}

func addItem(r *feed.Result, in feed.Input, e scan.Element) (time.Time, error) {
	if !e.Whole {
		return time.Time{}, fmt.Errorf("the item is not closed: %w", fault.ErrInvalid)
	}
	decoder := xml.NewDecoder(bytes.NewReader(e.Raw))
	decoder.Entity = xml.HTMLEntity
	var it item
	if err := decoder.Decode(&it); err != nil {
		return time.Time{}, fmt.Errorf("%w: %w", err, fault.ErrInvalid)
	}
	rep, err := it.report()
	if err != nil {
		return time.Time{}, err
	}
	s, err := rep.signal()
	if err != nil {
		return time.Time{}, err
	}
	if rep.episode == "" {
		s.Notes = append(s.Notes, "no episode number")
	}
	r.Signals = append(r.Signals, feed.Fill(in, s))
	return s.Published, nil
}

// report brings an item into the common form. An item without type and id has them run
// together in its guid ("EQ1457082").
func (it item) report() (report, error) {
	r := report{
		kind: strings.TrimSpace(it.Type), event: strings.TrimSpace(it.Event), episode: strings.TrimSpace(it.Episode),
		title: it.Title, description: it.Description, name: it.Name,
		level: it.Level, score: it.Score, episodeLevel: it.EpisodeLevel, episodeScore: it.EpisodeScore,
		severity: it.Severity, population: it.Population, vulnerable: it.Vulnerable,
		iso3: it.ISO3, glide: it.GLIDE, countries: names(it.Country),
		from: it.From, to: it.To, modified: it.Modified, published: it.PubDate,
		lat: it.Geo.Lat, lon: it.Geo.Long, current: it.Current, temporary: it.Temporary,
		links: []string{strings.TrimSpace(it.Link), strings.TrimSpace(it.CAP)},
	}
	if guid := strings.TrimSpace(it.GUID); r.kind == "" && r.event == "" && len(guid) > 2 {
		r.kind, r.event = guid[:2], guid[2:]
	}
	if r.lat == "" && r.lon == "" {
		if f := strings.Fields(it.GeoRSS); len(f) == 2 {
			r.lat, r.lon = f[0], f[1]
		}
	}
	if r.kind == "" || r.event == "" {
		return r, fmt.Errorf("no event type and id: %w", fault.ErrInvalid)
	}
	return r, nil
}
