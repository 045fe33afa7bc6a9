package eonet

import (
	"html"
	"net/url"
	"strings"

	"watchfire.dev/internal/event"
)

// hazard maps the first category that is known, by the word of version 3 or the title that
// both versions share, and returns the category in the source's words as well.
func (r *report) hazard() (event.Hazard, string) {
	title := strings.ToLower(r.Title)
	for _, c := range r.Categories {
		word := strings.ToLower(strings.Trim(string(c.ID), `"`))
		name := strings.ToLower(c.Title)
		for _, known := range []struct {
			word, title string
			hazard      event.Hazard
		}{
			{"wildfires", "wildfires", event.Wildfire},
			{"volcanoes", "volcanoes", event.Volcano},
			{"earthquakes", "earthquakes", event.Earthquake},
			{"floods", "floods", event.Flood},
			{"landslides", "landslides", event.Landslide},
			{"drought", "drought", event.Drought},
			{"severestorms", "severe storms", r.storm(title)},
			{"snow", "snow", event.Storm},
			{"dusthaze", "dust and haze", event.Storm},
			{"sealakeice", "sea and lake ice", event.Marine},
			{"manmade", "manmade", event.Industrial},
			{"tempextremes", "temperature extremes", extreme(title)},
			{"watercolor", "water color", event.Other},
		} {
			if word == known.word || name == known.title {
				return known.hazard, c.Title
			}
		}
	}
	if len(r.Categories) > 0 {
		return event.Other, r.Categories[0].Title
	}
	return event.Other, ""
}

// storm tells a tropical cyclone from other severe storms: by its name, or because one of
// the cyclone centres reports it.
func (r *report) storm(title string) event.Hazard {
	for _, word := range []string{"tropical", "hurricane", "typhoon", "cyclone"} {
		if strings.Contains(title, word) {
			return event.Cyclone
		}
	}
	for _, s := range r.Sources {
		if s.ID == "JTWC" || s.ID == "NOAA_NHC" || s.ID == "NOAA_CPC" {
			return event.Cyclone
		}
	}
	return event.Storm
}

func extreme(title string) event.Hazard {
	switch {
	case strings.Contains(title, "heat"), strings.Contains(title, "hot"):
		return event.Heat
	case strings.Contains(title, "cold"), strings.Contains(title, "freez"), strings.Contains(title, "frost"):
		return event.Cold
	default:
		return event.Other
	}
}

// unescape undoes the HTML escapes that EONET leaves in addresses.
func unescape(link string) string { return strings.TrimSpace(html.UnescapeString(link)) }

// aliases are the keys under which the reports behind the event are known elsewhere.
func aliases(sources []source, hazard event.Hazard) []string {
	var out []string
	seen := make(map[string]bool)
	for _, s := range sources {
		link := unescape(s.URL)
		u, err := url.Parse(link)
		if err != nil {
			continue
		}
		for _, a := range alias(s.ID, u, hazard) {
			if !seen[a] {
				seen[a] = true
				out = append(out, a)
			}
		}
	}
	return out
}

func alias(id string, u *url.URL, hazard event.Hazard) []string {
	q := u.Query()
	switch id {
	case "GDACS":
		kind := q.Get("eventtype")
		if kind == "" {
			kind = map[event.Hazard]string{event.Cyclone: "TC", event.Wildfire: "WF", event.Flood: "FL", event.Volcano: "VO", event.Drought: "DR", event.Earthquake: "EQ"}[hazard]
		}
		if number(q.Get("eventid")) && len(kind) == 2 {
			return []string{"gdacs:" + strings.ToUpper(kind) + ":" + q.Get("eventid")}
		}
	case "JTWC":
		return cyclone(u.Path)
	case "SIVolcano":
		if number(q.Get("vn")) {
			return []string{"gvp:" + q.Get("vn")}
		}
	case "PDC":
		if number(q.Get("hazard_id")) {
			return []string{"pdc:" + q.Get("hazard_id")}
		}
	case "ReliefWeb":
		// The page of a disaster is named by its GLIDE number: /disaster/vo-2018-000148-png.
		if g, ok := strings.CutPrefix(u.Path, "/disaster/"); ok && len(g) == len("vo-2018-000148-png") && strings.Count(g, "-") == 3 {
			return []string{"glide:" + strings.ToUpper(g)}
		}
	}
	return nil
}

// cyclone reads ".../products/wp0221.tcw": basin, number of the year, year. Storms of the
// basins of the National Hurricane Center have its key as well.
func cyclone(path string) []string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	name, _, ok := strings.Cut(strings.ToLower(name), ".")
	if !ok || len(name) != 6 || !number(name[2:]) {
		return nil
	}
	id := name[:4] + "20" + name[4:]
	switch name[:2] {
	case "al", "ep", "cp":
		return []string{"nhc:" + id, "jtwc:" + id}
	case "wp", "io", "sh":
		return []string{"jtwc:" + id}
	}
	return nil
}

func number(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != "" && len(s) < 20
}
