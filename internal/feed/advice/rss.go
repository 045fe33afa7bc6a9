package advice

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
)

// rss reads the State Department's feed, item by item.
func (b *batch) rss(body []byte) error {
	if err := scan.XML(body); err != nil {
		return err
	}
	items := scan.Elements(body, "item")
	if len(items) == 0 && !bytes.Contains(body, []byte("<channel")) {
		return fmt.Errorf("XML without channel or items: %w", fault.ErrInvalid)
	}
	for _, built := range scan.Elements(body, "lastBuildDate") {
		var text string
		if xml.Unmarshal(built.Raw, &text) == nil {
			b.content(date(text))
		}
	}
	for i, el := range items {
		place := fmt.Sprintf("item[%d]", i)
		var it item
		if err := xml.Unmarshal(el.Raw, &it); err != nil {
			b.quarantine(place, "read item: "+plain(err.Error(), 200), el.Raw)
			continue
		}
		words := wordsOf(it.Title)
		e := entry{
			place: place, raw: el.Raw, name: nameOf(it.Title), words: words, level: levelOf(words),
			updated: date(first(it.PubDate, it.Date)), links: []string{strings.TrimSpace(it.Link)},
		}
		body := fromHTML(it.Description)
		e.parts = partsOf(body)
		e.texts = []event.Text{{Language: "en", Headline: plain(fromHTML(it.Title), maxHeadline), Description: body}}
		b.keep(e, "")
	}
	if n := len(items); !bytes.Contains(body, []byte("</rss>")) && (n == 0 || items[n-1].Whole) {
		b.quarantine("rss", "the feed ends before </rss>: items may be missing", body[max(0, len(body)-512):])
	}
	return nil
}
