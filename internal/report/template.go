package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/report/document"
)

// A Template is what an organisation may change of a product: whose it is, on which paper,
// which sections in which order, and how closed each of them is. The zero Template is the
// product as it comes.
type Template struct {
	Name     string   `json:"name,omitempty"` // stands before the kind of report
	Accent   string   `json:"accent,omitempty"`
	Foot     string   `json:"foot,omitempty"`
	Paper    string   `json:"paper,omitempty"` // A4 or letter; "" = A4
	Sections []Choice `json:"sections,omitempty"`
}

// A Choice is one section with its label; readers who are not cleared for it get the report
// without it, and are told so.
type Choice struct {
	ID    string `json:"id"`
	TLP   string `json:"tlp,omitempty"`
	Break bool   `json:"break,omitempty"` // begins a new page
}

// maxSections is how many sections a template may name.
const maxSections = 40

// Check says what is wrong with a template of a product. The box of what is not known and the
// changes cannot be left out where the product has them. Errors wrap fault.ErrInvalid.
func (t Template) Check(p Product) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("template of "+p.ID+": "+format+": %w", append(args, fault.ErrInvalid)...)
	}
	switch {
	case t.Accent != "" && !document.Colour(t.Accent):
		return bad("accent %.20q, want six hexadecimal digits after #", t.Accent)
	case t.Paper != "" && t.Paper != document.A4 && t.Paper != document.Letter:
		return bad("paper %.20q, want A4 or letter", t.Paper)
	case len(t.Name) > 200 || len(t.Foot) > 1000 || !utf8.ValidString(t.Name+t.Foot):
		return bad("name or foot too long, or no text")
	case len(t.Sections) > maxSections:
		return bad("%d sections, at most %d", len(t.Sections), maxSections)
	}
	seen := map[string]bool{}
	for _, c := range t.Sections {
		switch {
		case !slices.Contains(SectionIDs(), c.ID):
			return bad("section %.40q, there are %s", c.ID, strings.Join(SectionIDs(), " "))
		case seen[c.ID]:
			return bad("section %s stands twice", c.ID)
		case c.TLP != "" && !slices.Contains(event.TLPs(), c.TLP):
			return bad("section %s: TLP %.20q", c.ID, c.TLP)
		case c.TLP != "" && Must(c.ID):
			return bad("section %s is for every reader", c.ID)
		}
		seen[c.ID] = true
	}
	for _, id := range p.Sections {
		if len(t.Sections) > 0 && Must(id) && !seen[id] {
			return bad("section %s cannot be left out", id)
		}
	}
	return nil
}

// Must tells whether a section cannot be left out of a report whose product has it.
func Must(section string) bool { return section == "unseen" || section == "changes" }

// choices are the sections of a report, in order.
func (t Template) choices(p Product) []Choice {
	if len(t.Sections) > 0 {
		return t.Sections
	}
	out := make([]Choice, len(p.Sections))
	for i, id := range p.Sections {
		out[i] = Choice{ID: id}
	}
	return out
}

// ReadTemplate reads a template of a product from JSON and checks it. Errors wrap
// fault.ErrInvalid.
func ReadTemplate(p Product, raw []byte) (Template, error) {
	var t Template
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("read a template: %w: %w", fault.ErrInvalid, err)
	}
	return t, t.Check(p)
}
