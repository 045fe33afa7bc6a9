package corpus

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"watchfire.dev/internal/feed"
)

// tally is what a file holds: items, and how many events they are about when a format makes
// one signal of several items (0 = one signal for each item).
type tally struct{ items, groups int }

// count counts the items of a file without the parsers and without package scan, so that
// it can disagree with them.
func count(kind, name string, body []byte) (tally, error) {
	switch kind {
	case "gdacs-rss", "news", "cap-index":
		return tally{items: tags(body, "item") + tags(body, "entry")}, nil
	case "cap":
		if bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
			return tally{items: bytes.Count(body, []byte(`"alert":`))}, nil
		}
		return tally{items: tags(body, "alert")}, nil
	case "atcf":
		return deck(body), nil
	case "usgs":
		if strings.HasSuffix(name, ".csv") {
			rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
			return tally{items: len(rows) - 1}, err
		}
	}
	return countJSON(kind, body)
}

// tags counts the start tags with a local name by looking at bytes alone; comments and
// CDATA are not passed over, for CAP travels in CDATA too.
func tags(body []byte, local string) int {
	n := 0
	for i, c := range body {
		if c != '<' {
			continue
		}
		name := string(body[i+1 : min(len(body), i+60)])
		if end := strings.IndexAny(name, " \t\r\n/>"); end >= 0 {
			name = name[:end]
		}
		if name == local || strings.HasSuffix(name, ":"+local) {
			n++
		}
	}
	return n
}

// deck counts the rows of a track file and the storms they are about.
func deck(body []byte) tally {
	storms := map[string]bool{}
	n := 0
	for line := range strings.Lines(string(body)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		n++
		if f := strings.SplitN(line, ",", 3); len(f) == 3 {
			storms[strings.TrimSpace(f[0])+strings.TrimSpace(f[1])] = true
		}
	}
	return tally{n, len(storms)}
}

func countJSON(kind string, body []byte) (tally, error) {
	start := bytes.IndexAny(body, "{[")
	if start < 0 {
		return tally{}, errors.New("no JSON")
	}
	var doc any
	if err := json.NewDecoder(bytes.NewReader(body[start:])).Decode(&doc); err != nil {
		return tally{}, err
	}
	if list, ok := doc.([]any); ok {
		return tally{items: len(list)}, nil
	}
	object, ok := doc.(map[string]any)
	if !ok {
		return tally{}, errors.New("neither list nor object")
	}
	for _, name := range [...]string{"features", "events", "activeStorms", "@graph", "advisories", "countries", "data"} {
		switch v := object[name].(type) {
		case []any:
			return tally{len(v), groups(kind, name, v)}, nil
		case map[string]any:
			if name == "data" && kind == "advice-canada" && v["advisory-state"] == nil {
				return tally{items: len(v)}, nil
			}
		}
	}
	if links, ok := object["links"].(map[string]any); ok && kind == "advice-uk" {
		if children, ok := links["children"].([]any); ok {
			return tally{items: len(children)}, nil
		}
	}
	return tally{items: 1}, nil
}

// groups counts the events that features tell of: by their numbers in GDACS, of which only
// the centroid states them, and by id in EONET.
func groups(kind, list string, features []any) int {
	if list != "features" || (kind != "gdacs-geojson" && kind != "eonet") {
		return 0
	}
	seen := map[string]bool{}
	for _, f := range features {
		object, _ := f.(map[string]any)
		p, _ := object["properties"].(map[string]any)
		switch {
		case kind == "eonet":
			seen[fmt.Sprint(p["id"])] = true
		case p["eventid"] != nil && fmt.Sprint(p["eventid"]) != "":
			seen[fmt.Sprint(p["eventtype"], "/", p["eventid"], "/", p["episodeid"])] = true
		}
	}
	return len(seen)
}

var toldBy = regexp.MustCompile(`^told by (\d+) entries of an index$`)

// used is how many items the signals and links of a result account for: an index of alerts
// may list one alert by area, and a list of advice may name a country twice.
func used(kind string, res feed.Result) int {
	n := 0
	for _, s := range res.Signals {
		n++
		for _, note := range s.Notes {
			if m := toldBy.FindStringSubmatch(note); m != nil && kind == "cap-index" {
				entries, err := strconv.Atoi(m[1])
				if err == nil {
					n += entries - 1
				}
			}
			if strings.HasPrefix(note, "stands twice in the list") {
				n++
			}
		}
	}
	for _, l := range res.Links {
		if (kind == "cap-index" && l.Key == "") || strings.HasPrefix(kind, "advice-") {
			n++
		}
	}
	return n
}
