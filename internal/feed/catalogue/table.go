package catalogue

import (
	"fmt"
	"strings"
	"time"

	"watchfire.dev/internal/country"
	"watchfire.dev/internal/feed"
)

// Table writes the sources as a markdown table for people, in the order of the list.
func Table(list []feed.Source) string {
	var b strings.Builder
	b.WriteString("| id | source | format | on | every | blind after | grade | sees | where | licence |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range list {
		on := "yes"
		switch {
		case !s.On() && s.Unverified:
			on = "no, unverified"
		case !s.On():
			on = "no"
		case s.Unverified:
			on = "yes, unverified"
		}
		grade := fmt.Sprintf("%s%d", s.Reliability, s.Credibility)
		if s.Instrument {
			grade += ", in charge"
		}
		if s.News {
			grade += ", news"
		}
		row := []string{
			"`" + s.ID + "`", s.Name, s.Kind, on, brief(s.Every), brief(s.AgeLimit), grade, sees(s), where(s), s.Licence,
		}
		for i := range row {
			row[i] = strings.ReplaceAll(row[i], "|", "/")
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
	}
	return b.String()
}

func sees(s feed.Source) string {
	if len(s.Hazards) == 0 {
		return "what it tells of"
	}
	words := make([]string, len(s.Hazards))
	for i, h := range s.Hazards {
		words[i] = strings.ReplaceAll(string(h), "_", " ")
	}
	return strings.Join(words, ", ")
}

func where(s feed.Source) string {
	if len(s.Countries) == 0 {
		return "world"
	}
	names := make([]string, len(s.Countries))
	for i, c := range s.Countries {
		names[i] = country.Name(c, "en")
	}
	return strings.Join(names, ", ")
}

// brief writes 48h0m0s as "48 h" and 10m0s as "10 min".
func brief(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return d.String()
}
