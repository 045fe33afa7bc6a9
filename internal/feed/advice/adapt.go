package advice

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// rows reads a list that others scraped, at the member key or at the top.
func (b *batch) rows(body []byte, key string) error {
	p, err := scan.Split(body, key)
	if err != nil {
		return err
	}
	for i, piece := range p.Items {
		b.row(piece, fmt.Sprintf("%s[%d]", key, i))
	}
	if p.Rest != nil { // perhaps of no bytes: the list ends behind "[" or a comma
		b.quarantine(fmt.Sprintf("%s[%d]", key, len(p.Items)), "the list breaks off here", p.Rest)
	}
	return nil
}

func (b *batch) row(piece []byte, place string) {
	var r row
	if err := json.Unmarshal(piece, &r); err != nil {
		b.quarantine(place, "read row: "+plain(err.Error(), 200), piece)
		return
	}
	named, iso2 := r.country()
	title := first(r.FullTitle, r.Title)
	e := entry{place: place, raw: piece, whole: place == "", name: titled(nameOf(first(r.Destination, named, r.Name, title)), nameOf(title)), words: first(r.RiskLevel, r.LevelLabel, r.Advisory, r.AdvisoryLvl, wordsOf(title))}
	var number float64
	if json.Unmarshal(r.Level, &number) != nil {
		var words string
		if json.Unmarshal(r.Level, &words) == nil {
			e.words = first(words, e.words)
		}
	}
	if r.LevelNumber != nil {
		number = *r.LevelNumber
	}
	var note string
	if e.level, note = higher(int(max(0, min(number, 9))), e.words); note != "" {
		e.notes = append(e.notes, note)
	}
	e.updated = date(first(r.UpdatedAdvisory, r.UpdateDateAdvisory, r.LastUpdated, r.UpdateDate, r.Updated, r.Published, r.Date))
	e.links = []string{first(r.AdvisoryURL, r.DetailsURL, r.PageURL, r.RemoteLink, r.URL, r.Link)}
	if e.level == 0 && b.link(e) {
		return
	}
	r.describe(&e, title)
	if strings.Contains(strings.ToLower(e.words), "with regional advisories") {
		e.notes = append(e.notes, "regional advisories exist; this list does not name the parts")
	}
	b.keep(e, first(iso2, r.ISO3))
}

func (r row) describe(e *entry, title string) {
	body := fromMarkdown(r.ContentMD)
	if body == "" {
		body = fromHTML(first(r.LatestUpdate, r.Summary, r.UpdateReason))
	}
	headline := first(title, fmt.Sprintf("%s: %s", e.name, e.step()))
	e.texts = []event.Text{{Language: "en", Headline: plain(fromHTML(headline), maxHeadline), Description: body}}
	e.parts = partsOf(body)
	for _, s := range r.SubRegions {
		if where := plain(s.Text, 300); s.Level >= Normal && s.Level <= DoNotGo && where != "" {
			e.notes = append(e.notes, fmt.Sprintf("advice of level %d for a part: %s", s.Level, where))
		}
	}
}

// titled returns the country of a row: the one its title names, where that is another than
// the scraper's own member says. Scrapers cut "Guinea-Bissau" to "Guinea"; the title is the
// government's.
func titled(named, title string) string {
	if in := country.All(title); len(in) > 0 && !slices.Equal(in, country.All(named)) {
		return title
	}
	return named
}

// nameOf and wordsOf split "Mali - Level 4: Do Not Travel".
func nameOf(title string) string {
	name, _, _ := strings.Cut(title, " - Level")
	name, _, _ = strings.Cut(name, " - See")
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(name), "Travel Advisory"))
}

func wordsOf(title string) string {
	if at := strings.LastIndex(title, " - "); at >= 0 {
		return title[at+3:]
	}
	return ""
}

var slug = regexp.MustCompile(`^https://www\.gov\.uk/foreign-travel-advice/([a-z0-9-]{2,60})$`)

// link turns a row of a British list, which states no level, into a link to the document
// that does. The address is made anew from the last word of the row's own.
func (b *batch) link(e entry) bool {
	m := slug.FindStringSubmatch(e.links[0])
	if b.of.kind != "advice-uk" || m == nil {
		return false
	}
	b.content(e.updated)
	b.res.Links = append(b.res.Links, feed.Link{
		URL: "https://www.gov.uk/api/content/foreign-travel-advice/" + m[1], Kind: b.of.kind,
		Key: b.of.kind + "/" + m[1] + "@" + e.updated.Format(time.RFC3339),
	})
	return true
}
