package cap

import (
	"fmt"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
)

// entryReader fills one entry.
type entryReader struct {
	*indexReader
	entry Entry
	build *builder
	// seen counts the cap: elements by name, for their paths.
	seen map[string]int
	// permalink is an RSS guid that may serve as a link.
	permalink string
	// shapes are polygons of GeoRSS, used when CAP gives none.
	shapes [][]Point
}

// entry reads the entry or item whose start tag was just taken.
func (r *indexReader) entry() (Entry, error) {
	e := &entryReader{indexReader: r, build: &builder{trail: r.trail}, seen: map[string]int{}}
	e.entry.Path = r.where()
	e.entry.Partial.Infos = []Info{{Areas: []Area{{}}}}
	for {
		tok, err := r.inside()
		if err != nil {
			return Entry{}, err
		}
		switch tok.kind {
		case startTag:
			if err := e.child(tok); err != nil {
				return Entry{}, err
			}
		case endTag:
			e.finish()
			return e.entry, nil
		}
	}
}

func (e *entryReader) finish() {
	e.entry.Link = bestLink(e.entry.Links)
	if e.entry.Link == "" {
		e.entry.Link = e.permalink
	}
	area := &e.entry.Partial.Infos[0].Areas[0]
	if len(area.Polygons) == 0 {
		area.Polygons = e.shapes
	}
	area.Geocodes = splitCodes(area.Geocodes)
	if e.entry.ID == "" && e.entry.Link == "" && !e.entry.HasCAP && !e.entry.Embedded {
		e.note("entry has no id, no link and no alert")
	}
}

func (e *entryReader) child(tok *token) error {
	name := tok.name
	if name == "alert" {
		e.entry.Embedded = true
		return e.skip()
	}
	e.push(name, 0)
	defer e.pop()
	// A prefix that was never declared comes through as the namespace.
	if version, ok := versionOf(tok.space); ok || tok.space == "cap" {
		e.entry.Partial.Version = version
		return e.capElement(name)
	}
	switch name {
	case "content", "encoded":
		found, err := e.lookFor()
		e.entry.Embedded = e.entry.Embedded || found
		return err
	case "author", "creator":
		return e.author()
	case "enclosure", "link":
		return e.link(tok)
	case "guid":
		return e.guid(tok)
	case "id", "title", "summary", "description", "updated", "published", "pubDate", "date", "polygon":
		text, err := e.text()
		if err == nil {
			e.set(name, string(text))
		}
		return err
	}
	found, err := e.lookFor()
	e.entry.Embedded = e.entry.Embedded || found
	return err
}

func (e *entryReader) set(name, text string) {
	switch name {
	case "id":
		e.entry.ID = text
	case "title":
		e.entry.Title = text
	case "summary", "description":
		e.entry.Embedded = e.entry.Embedded || len(openings([]byte(text), "alert")) > 0
		e.entry.Summary = text
	case "updated":
		e.entry.Updated = e.feedTime(text)
	case "published", "pubDate", "date":
		e.entry.Published = e.feedTime(text)
	case "polygon":
		// GeoRSS writes "lat lon lat lon …".
		if ring, ok := e.geoRSS(text); ok {
			e.shapes = append(e.shapes, ring)
		}
	}
}

// geoRSS reads a GeoRSS Simple polygon by putting the commas of CAP in.
func (e *entryReader) geoRSS(text string) ([]Point, bool) {
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
	if len(fields)%2 != 0 {
		e.note("%s is not a list of latitudes and longitudes; left out", excerpt(text))
		return nil, false
	}
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		b.WriteString(fields[i] + "," + fields[i+1] + " ")
	}
	return e.build.polygon(strings.TrimSpace(b.String()))
}

func (e *entryReader) author() error {
	var text []byte
	for inner := 0; ; {
		tok, err := e.inside()
		if err != nil {
			return err
		}
		switch tok.kind {
		case startTag:
			inner++
			if tok.name == "name" {
				if text, err = e.text(); err != nil {
					return err
				}
				e.entry.Author = string(text)
				inner--
			}
		case charData:
			// Dublin Core writes the name without an element of its own.
			if s := strings.TrimSpace(string(tok.data)); inner == 0 && s != "" && e.entry.Author == "" {
				e.entry.Author = s
			}
		case endTag:
			if inner == 0 {
				return nil
			}
			inner--
		}
	}
}

func (e *entryReader) guid(tok *token) error {
	permanent := attribute(tok, "isPermaLink") != "false"
	text, err := e.text()
	if err != nil {
		return err
	}
	e.entry.ID = string(text)
	if permanent && isWeb(e.entry.ID) {
		e.permalink = e.entry.ID
	}
	return nil
}

// link reads an Atom link, an RSS link or an RSS enclosure.
func (e *entryReader) link(tok *token) error {
	l := Link{URL: attribute(tok, "href"), Rel: attribute(tok, "rel"), Type: attribute(tok, "type")}
	if tok.name == "enclosure" {
		l.URL, l.Rel = attribute(tok, "url"), "enclosure"
	}
	text, err := e.text()
	if err != nil {
		return err
	}
	if l.URL == "" {
		l.URL = string(text)
	}
	if l.URL != "" {
		e.entry.Links = append(e.entry.Links, l)
	}
	return nil
}

func attribute(tok *token, name string) string {
	for _, a := range tok.attrs {
		if a.name == name {
			return strings.TrimSpace(a.value)
		}
	}
	return ""
}

func isWeb(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// bestLink prefers the type of CAP, then XML, then an alternate that looks like a file
// of CAP or XML, then the first alternate. Links of other kinds (self, hub, related) never
// lead to the alert.
func bestLink(links []Link) string {
	best, rank := "", 0
	for _, l := range links {
		if r := rankLink(l); r > rank {
			best, rank = l.URL, r
		}
	}
	return best
}

func rankLink(l Link) int {
	kind := strings.ToLower(l.Type)
	path, _, _ := strings.Cut(strings.ToLower(l.URL), "?")
	switch {
	case strings.Contains(kind, "cap+xml"), strings.Contains(kind, "common-alerting-protocol"):
		return 5
	case l.Rel != "" && l.Rel != "alternate" && l.Rel != "enclosure":
		return 0
	case kind == "text/xml", kind == "application/xml":
		return 4
	case l.Rel == "enclosure" && kind != "":
		return 0
	case strings.HasSuffix(path, ".cap"), strings.HasSuffix(path, ".xml"):
		return 3
	case strings.HasPrefix(kind, "text/html"):
		return 1
	}
	return 2
}

// Alert makes an alert of what the entry tells, for use until its document is fetched.
// Several entries may tell of one alert (MeteoAlarm lists one for each area).
// The entry's id, author and times stand in for a missing identifier, sender and sent,
// its title for a missing event and headline, its summary for a missing description;
// grades not told are Unknown, scope is Public, msgType Alert. The problems name each
// stand-in. An entry without status does not say whether it is real: with it, or without
// anything to identify it by, the error wraps fault.ErrInvalid.
func (e *Entry) Alert() (*Alert, []Problem, error) {
	t := &trail{}
	t.push("alert", 0)
	a := e.Partial
	a.Infos = slices.Clone(a.Infos)
	if a.Status == "" {
		return nil, nil, fmt.Errorf("alert of entry %s: %w: no status", e.Path, fault.ErrInvalid)
	}
	stand := func(name string, to *string, from string) {
		if *to == "" && from != "" {
			*to = from
			t.noteAt(name, "not in the entry; %s stands in", excerpt(from))
		}
	}
	stand("identifier", &a.Identifier, e.ID)
	stand("sender", &a.Sender, e.Author)
	for _, at := range []struct{ when string }{{"published"}, {"updated"}} {
		from := e.Published
		if at.when == "updated" {
			from = e.Updated
		}
		if a.Sent.IsZero() && !from.IsZero() {
			a.Sent = from
			t.noteAt("sent", "not in the entry; %s stands in", at.when)
		}
	}
	stand("msgType", (*string)(&a.MsgType), string(MsgAlert))
	stand("scope", (*string)(&a.Scope), string(ScopePublic))
	if len(a.Infos) == 0 {
		a.Infos = []Info{newInfo()}
	}
	in := &a.Infos[0]
	t.push("info", 1)
	stand("event", &in.Event, e.Title)
	stand("headline", &in.Headline, e.Title)
	stand("description", &in.Description, e.Summary)
	t.pop()
	b := &builder{trail: t, version: a.Version}
	if err := b.finish(&a); err != nil {
		return nil, t.problems, fmt.Errorf("alert of entry %s: %w", e.Path, err)
	}
	return &a, t.problems, nil
}
