package demo

import (
	"encoding/xml"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
)

// The elements of an RSS news feed.
type (
	newsFeed struct {
		XMLName  xml.Name    `xml:"rss"`
		Version  string      `xml:"version,attr"`
		Title    string      `xml:"channel>title"`
		Link     string      `xml:"channel>link"`
		About    string      `xml:"channel>description"`
		Language string      `xml:"channel>language"`
		Built    string      `xml:"channel>lastBuildDate"`
		Items    []newsStory `xml:"channel>item"`
	}
	newsStory struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Description string    `xml:"description"`
		GUID        gdacsGUID `xml:"guid"`
		Date        string    `xml:"pubDate"`
	}
)

// news writes the newspaper: three stories that mean nothing to any project and, once it is
// known, the incident in the vague words of a first report.
func (s *Scenario) news(m moment) ([]byte, error) {
	story := func(code, title, text string, at time.Time) newsStory {
		return newsStory{
			Title: simulated + ": " + title, Description: simulated + ". " + text, Link: m.base + "/news.example/" + code,
			GUID: gdacsGUID{Permanent: "false", Text: simulated + "-" + s.start.Format("20060102150405") + "-" + code}, Date: at.Format(time.RFC1123Z),
		}
	}
	f := newsFeed{
		Version: "2.0", Title: "The Border Courier (" + simulated + ")", Link: m.base + "/news.example/",
		About: simulated + ": an invented newspaper", Language: "en", Built: m.now.Format(time.RFC1123Z),
	}
	if m.elapsed >= newsItem {
		f.Items = append(f.Items, story("gunfight", "Drivers tell of a gunfight in the south of Ethiopia",
			"Lorry drivers say that they heard a gunfight near a main road this morning. Nobody has confirmed it.", s.at(newsItem)))
	}
	f.Items = append(f.Items,
		story("fair", "Book fair opens in Montevideo", "More readers than last year are expected.", s.start.Add(-2*time.Hour)),
		story("ferry", "New ferry timetable for the Faroe Islands", "The morning crossing leaves ten minutes earlier.", s.start.Add(-5*time.Hour)),
		story("chess", "Chess club of Reykjavik wins its tenth title", "The final took six hours.", s.start.Add(-9*time.Hour)))
	return marshalXML("news", f)
}

// A Push is one signal that a partner sends to the API.
type Push struct {
	At     time.Duration // since the beginning, at the scenario's speed
	Source string        // id of the source definition: SourceOperator, SourceNGO
	Key    string        // idempotency key
	Body   []byte        // one signal in the published form (signal.schema.json)
}

// Pushes returns everything that partners have sent until elapsed (as Elapsed tells it),
// earliest first. The bytes of a push never change, so sending it twice does no harm. An
// error means that a body could not be written.
func (s *Scenario) Pushes(elapsed time.Duration) ([]Push, error) {
	var out []Push
	for _, p := range []struct {
		at                    time.Duration
		source, key           string
		headline, description string
		lat, lon, km          float64
	}{
		{
			pushFirst, SourceOperator, "road-desk-1", "Gunfight east of the Yabelo–Moyale road",
			"Two of our drivers saw an exchange of fire about 6 km east of the road, north of Mega. Traffic has stopped.", 4.246, 38.311, 3,
		},
		{
			pushSecond, SourceNGO, "safety-network-1", "Armed clash confirmed north of Mega",
			"Our field staff confirm an armed clash between two groups. The road is passable but not advised.", 4.236, 38.318, 2,
		},
	} {
		if elapsed < p.at {
			continue
		}
		body, err := marshal("push "+p.key, map[string]any{
			"key": p.key, "version": "1", "hazard": event.Conflict, "type": "armed clash", "act": event.Report, "status": event.Actual,
			"texts":     []event.Text{{Language: "en", Headline: simulated + ": " + p.headline, Description: simulated + ". " + p.description}},
			"published": s.at(p.at), "occurred": s.at(p.at).Add(-20 * time.Minute),
			"severity": "Severe", "certainty": "Observed", "urgency": "Immediate",
			"footprints": []event.Footprint{{Shape: geo.At(p.lat, p.lon, p.km), Role: event.Centre}},
			"places":     []event.Place{{Country: "ET", Admin1: "ET-OR", Name: "Mega"}},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, Push{At: s.real(p.at), Source: p.source, Key: "demo-" + s.start.Format("20060102150405") + "-" + p.key, Body: body})
	}
	return out, nil
}
