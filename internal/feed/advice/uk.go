package advice

import (
	"encoding/json"
	"fmt"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
)

// govUK reads a document of the content API, or its index.
func (b *batch) govUK(body []byte) error {
	var c content
	if err := json.Unmarshal(body, &c); err != nil {
		return fmt.Errorf("read GOV.UK document: %w: %w", err, fault.ErrInvalid)
	}
	if len(c.Links.Children) > 0 && c.Details.Country.Name == "" {
		for i, child := range c.Links.Children {
			e := entry{links: []string{"https://www.gov.uk" + child.BasePath}, updated: date(child.Public)}
			if !b.link(e) {
				b.quarantine(fmt.Sprintf("links.children[%d]", i), "no address of travel advice", []byte(child.BasePath))
			}
		}
		return nil
	}
	if c.SchemaName != "travel_advice" && c.Details.AlertStatus == nil {
		return fmt.Errorf("document with schema %q: %w", plain(c.SchemaName, 60), fault.ErrInvalid)
	}
	e := entry{
		place: "details", raw: body, whole: true, links: []string{"https://www.gov.uk" + c.BasePath},
		name:    first(c.Details.Country.Name, strings.TrimSuffix(c.Title, " travel advice")),
		updated: date(first(c.Public, c.Details.UpdatedAt, c.UpdatedAt)),
	}
	b.content(date(c.UpdatedAt))
	summary := fromHTML(c.Details.Summary)
	e.level, e.words = e.alertStatus(c.Details.AlertStatus)
	e.parts = append(e.parts, partsOf(summary)...)
	e.texts = []event.Text{{
		Language:    "en",
		Headline:    plain(fmt.Sprintf("%s: %s", e.name, first(fromHTML(c.Details.ChangeDescription), e.words)), maxHeadline),
		Description: summary,
	}}
	if c.Withdrawn.Explanation != "" {
		e.notes = append(e.notes, "withdrawn by the publisher: "+fromHTML(c.Withdrawn.Explanation))
	}
	b.keep(e, "")
	return nil
}

// alertStatus maps alert_status to a level. An empty list means that the government does
// not advise against travel; a missing one says nothing.
func (e *entry) alertStatus(status *[]string) (level int, words string) {
	if status == nil {
		return 0, "no alert_status"
	}
	level = Normal
	for _, s := range *status {
		switch s {
		case "avoid_all_travel_to_whole_country":
			level = max(level, DoNotGo)
		case "avoid_all_but_essential_travel_to_whole_country":
			level = max(level, Reconsider)
		case "avoid_all_travel_to_parts":
			level = max(level, Caution)
			e.parts = append(e.parts, part{level: DoNotGo})
		case "avoid_all_but_essential_travel_to_parts":
			level = max(level, Caution)
			e.parts = append(e.parts, part{level: Reconsider})
		default:
			level = max(level, Caution)
			e.notes = append(e.notes, fmt.Sprintf("alert_status %q is not known", plain(s, 80)))
		}
	}
	return level, strings.ReplaceAll(strings.Join(*status, ", "), "_", " ")
}
