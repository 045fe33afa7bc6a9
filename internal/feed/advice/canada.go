package advice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
)

// canada reads data: an object by alpha-2 code (the index), or one country (cta-cap).
func (b *batch) canada(data, metadata json.RawMessage) error {
	var meta struct {
		Generated struct {
			Timestamp int64 `json:"timestamp"`
		} `json:"generated"`
	}
	if json.Unmarshal(metadata, &meta) == nil {
		b.content(unix(meta.Generated.Timestamp))
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("data is no object by country: %w", fault.ErrInvalid)
	}
	var single canadian
	if err := json.Unmarshal(data, &single); err == nil && single.State != nil {
		b.canadian(single, single.ISO, "data", data)
		return nil
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("read data: %w: %w", err, fault.ErrInvalid)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("read data.%v: %w: %w", name, err, fault.ErrInvalid)
		}
		place := fmt.Sprintf("data.%s", plain(fmt.Sprint(name), 40))
		var c canadian
		if err := json.Unmarshal(raw, &c); err != nil {
			b.quarantine(place, "read country: "+plain(err.Error(), 200), raw)
			continue
		}
		b.canadian(c, fmt.Sprint(name), place, raw)
	}
	return nil
}

func (b *batch) canadian(c canadian, code, place string, raw []byte) {
	e := entry{place: place, raw: raw, name: fromHTML(c.English.Name), updated: unix(c.Published.Timestamp), words: fromHTML(c.English.Advisory)}
	if c.State != nil && *c.State >= 0 && *c.State <= 3 {
		var note string
		if e.level, note = higher(*c.State+1, e.words); note != "" {
			e.notes = append(e.notes, note)
		}
	}
	if c.HasRegional == 1 {
		e.notes = append(e.notes, "regional advisories exist; this index does not name the parts")
	}
	if c.SeeOther != "" {
		e.notes = append(e.notes, "the source says: see also "+plain(c.SeeOther, 10))
	}
	if c.English.Slug != "" {
		e.links = []string{"https://travel.gc.ca/destinations/" + plain(c.English.Slug, 100)}
	}
	for _, w := range []struct {
		language string
		words    canWords
	}{{"en", c.English}, {"fr", c.French}} {
		if w.words.Name == "" {
			continue
		}
		headline := fmt.Sprintf("%s: %s", fromHTML(w.words.Name), fromHTML(w.words.Advisory))
		e.texts = append(e.texts, event.Text{Language: w.language, Headline: plain(headline, maxHeadline), Description: fromHTML(w.words.Updates)})
	}
	if !country.Known(code) {
		code = "" // "PT-20": by the name
	}
	b.keep(e, code)
}

func unix(seconds int64) time.Time {
	t, err := scan.Millis(float64(seconds) * 1000)
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return t
}
