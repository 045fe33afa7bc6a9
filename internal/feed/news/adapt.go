// Package news reads RSS (0.9 to 2.0, RDF) and Atom feeds of newsrooms, through gofeed.
// Each entry becomes a signal that is marked as news, with a hazard from a table of words
// in several languages and the countries that its words name. It promises to guess low:
// where the words do not say a hazard plainly it is "other", a place is never finer than a
// country, and news alone raises nothing. It follows no links and reads no articles.
package news

import (
	"fmt"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
	"watchfire.dev/internal/id"
)

// Kind is the name of the format in source definitions.
const Kind = "news"

// Format returns the format of news feeds.
func Format() feed.Format { return feed.Format{Kind: Kind, Parse: Parse, Sniff: sniff} }

// sniff knows feeds by their root. Alerts travel in RSS and Atom too: their namespaces are
// left to the formats that know them.
func sniff(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 8<<10)]
	if len(head) == 0 || head[0] != '<' {
		return false
	}
	for _, other := range []string{"urn:oasis:names:tc:emergency:cap", "gdacs.org", "nhc.noaa.gov", "travel.state.gov"} {
		if strings.Contains(string(head), other) {
			return false
		}
	}
	root, _ := rootOf(head)
	switch strings.ToLower(localName(root)) {
	case "rss", "rdf", "feed":
		return true
	}
	return false
}

// maxPlaces is the largest number of countries taken from one entry: a text that names
// more is about none of them.
const maxPlaces = 8

// Parse reads one feed. An entry that stands twice, word for word, is quarantined.
func Parse(in feed.Input) (feed.Result, error) {
	d, err := read(in.Body)
	if err != nil {
		return feed.Result{}, fmt.Errorf("parse news of %s: %w", in.Source.ID, err)
	}
	res := feed.Result{Items: len(d.items)}
	for _, text := range d.updated {
		if t, ok := date(text); ok && t.After(res.Content) {
			res.Content = t
		}
	}
	seen := make(map[string]bool)
	for _, it := range d.items {
		s, err := d.adapt(in, it)
		if err == nil && seen[s.ID] {
			err = fmt.Errorf("stands twice in this feed, word for word")
		}
		if err != nil {
			res.Quarantined = append(res.Quarantined, feed.Quarantine{Place: it.place, Reason: err.Error(), Raw: scan.Raw(it.raw)})
			continue
		}
		seen[s.ID] = true
		res.Signals = append(res.Signals, s)
		if s.Published.After(res.Content) {
			res.Content = s.Published
		}
	}
	return res, nil
}

func (d document) adapt(in feed.Input, it item) (event.Signal, error) {
	e := it.entry
	if e == nil {
		return event.Signal{}, fmt.Errorf("%s", it.reason)
	}
	title, summary := words(e.Title, maxHeadline), words(e.Description, maxWords)
	if summary == "" {
		summary = words(e.Content, maxWords)
	}
	if title == "" {
		title = plain(summary, 120)
	}
	if title == "" {
		return event.Signal{}, fmt.Errorf("an entry without title and summary")
	}
	language := d.languageOf(in)
	s := event.Signal{
		Act: event.Report, Status: event.Actual, News: true, Type: "news", Hazard: hazardOf(title, summary, language),
		Texts: []event.Text{{Language: language, Headline: title, Description: summary}},
		Notes: append([]string(nil), d.notes...),
	}
	s.Published = published(e, &s)
	if !s.Published.IsZero() {
		s.Order = s.Published.UnixMilli()
	}
	link := linkOf(e)
	if link != "" {
		s.Links = []string{link}
	}
	s.Key = keyOf(e, link, title)
	s.Version = id.Derived("v", title, summary)
	s.Places = places(title, summary, &s)
	return feed.Fill(in, s), nil
}

func (d document) languageOf(in feed.Input) string {
	for _, l := range []string{d.language, in.Source.Language} {
		if l = strings.TrimSpace(l); len(l) >= 2 && len(l) <= 35 && !strings.ContainsAny(l, " <>&\"") {
			return strings.ReplaceAll(l, "_", "-")
		}
	}
	return "und"
}

// published reads the time of an entry: the newest of its own statements, so that an
// edited entry sorts after its first form.
func published(e *gofeed.Item, s *event.Signal) time.Time {
	var newest time.Time
	unread := ""
	texts := []string{e.Published, e.Updated}
	if e.DublinCoreExt != nil {
		texts = append(texts, e.DublinCoreExt.Date...)
	}
	for _, parsed := range []*time.Time{e.PublishedParsed, e.UpdatedParsed} {
		if parsed == nil {
			continue
		}
		if t, err := scan.Sane(*parsed); err == nil && t.After(newest) {
			newest = t
		}
	}
	for _, text := range texts {
		t, ok := date(text)
		if !ok && text != "" {
			unread = text
		}
		if ok && t.After(newest) {
			newest = t
		}
	}
	if newest.IsZero() && unread != "" {
		s.Notes = append(s.Notes, fmt.Sprintf("date cannot be read: %q", plain(unread, 60)))
	}
	return newest
}

func linkOf(e *gofeed.Item) string {
	for _, l := range append([]string{e.Link}, e.Links...) {
		l = plain(l, 2000)
		if strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://") {
			return l
		}
	}
	return ""
}

// keyOf is the entry's guid when it has a usable one, else the hash of its link, else of
// its title.
func keyOf(e *gofeed.Item, link, title string) string {
	guid := strings.Join(strings.Fields(plain(e.GUID, 1000)), " ")
	switch {
	case guid != "" && len(guid) <= 300:
		return "news:" + guid
	case guid != "":
		return "news:" + id.Hash([]byte(guid))[:32]
	case link != "":
		return "news:" + id.Hash([]byte(link))[:32]
	}
	return "news:" + id.Hash([]byte(title))[:32]
}

// places are the countries that title and summary name: the uncertainty is the country.
func places(title, summary string, s *event.Signal) []event.Place {
	codes := country.InText(title + ". " + summary)
	if len(codes) > maxPlaces {
		s.Notes = append(s.Notes, fmt.Sprintf("%d countries are named: too many to be about one", len(codes)))
		return nil
	}
	var out []event.Place
	for _, c := range codes {
		out = append(out, event.Place{Country: c})
	}
	return out
}
