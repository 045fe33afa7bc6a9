package demo

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"time"
)

// The elements of the GDACS RSS feed that readers use.
type (
	gdacsFeed struct {
		XMLName xml.Name    `xml:"rss"`
		Version string      `xml:"version,attr"`
		GDACS   string      `xml:"xmlns:gdacs,attr"`
		Geo     string      `xml:"xmlns:geo,attr"`
		GeoRSS  string      `xml:"xmlns:georss,attr"`
		Title   string      `xml:"channel>title"`
		Link    string      `xml:"channel>link"`
		About   string      `xml:"channel>description"`
		Date    string      `xml:"channel>pubDate"`
		Items   []gdacsItem `xml:"channel>item"`
	}
	gdacsItem struct {
		Title        string      `xml:"title"`
		Description  string      `xml:"description"`
		Link         string      `xml:"link"`
		Date         string      `xml:"pubDate"`
		From         string      `xml:"gdacs:fromdate"`
		To           string      `xml:"gdacs:todate"`
		GUID         gdacsGUID   `xml:"guid"`
		Point        gdacsPoint  `xml:"geo:Point"`
		GeoRSS       string      `xml:"georss:point"`
		Type         string      `xml:"gdacs:eventtype"`
		Level        string      `xml:"gdacs:alertlevel"`
		Score        string      `xml:"gdacs:alertscore"`
		EpisodeLevel string      `xml:"gdacs:episodealertlevel"`
		EpisodeScore string      `xml:"gdacs:episodealertscore"`
		Name         string      `xml:"gdacs:eventname"`
		Event        string      `xml:"gdacs:eventid"`
		Episode      int         `xml:"gdacs:episodeid"`
		Severity     gdacsAmount `xml:"gdacs:severity"`
		Population   gdacsAmount `xml:"gdacs:population"`
		ISO3         string      `xml:"gdacs:iso3"`
		Country      string      `xml:"gdacs:country"`
		Current      string      `xml:"gdacs:iscurrent"`
	}
	gdacsGUID struct {
		Permanent string `xml:"isPermaLink,attr"`
		Text      string `xml:",chardata"`
	}
	gdacsPoint struct {
		Lat string `xml:"geo:lat"`
		Lon string `xml:"geo:long"`
	}
	gdacsAmount struct {
		Unit  string `xml:"unit,attr"`
		Value string `xml:"value,attr"`
		Text  string `xml:",chardata"`
	}
)

// gdacsDate is how GDACS writes times in its feed.
func gdacsDate(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }

// gdacsRSS writes the feed: the cyclone once it is announced, and a fire that reaches no
// project. The cyclone is dated one second before the event map's episode, so that the map,
// which draws the wind, is the newer word whichever of the two is read first.
func (s *Scenario) gdacsRSS(m moment) ([]byte, error) {
	feed := gdacsFeed{
		Version: "2.0", GDACS: "http://www.gdacs.org", Geo: "http://www.w3.org/2003/01/geo/wgs84_pos#",
		GeoRSS: "http://www.georss.org/georss", Title: simulated + " GDACS RSS information", Link: m.base + "/www.gdacs.org",
		About: simulated + ": invented alerts in the format of GDACS", Date: gdacsDate(m.now),
		Items: []gdacsItem{s.fire(m)},
	}
	if st, ok := s.storm(m.elapsed); ok {
		feed.Items = append([]gdacsItem{st.item(m)}, feed.Items...)
	}
	return marshalXML("GDACS feed", feed)
}

func (st storm) item(m moment) gdacsItem {
	now := st.at(st.issued)
	kmh := st.peak * 1.852
	return gdacsItem{
		Title: fmt.Sprintf("%s: %s notification for tropical cyclone %s, advisory %d", simulated, st.level, stormName, st.nth),
		Description: fmt.Sprintf("%s: tropical cyclone %s (maximum wind speed of %.0f km/h) is approaching Mozambique. Each advisory stands for six hours.",
			simulated, stormName, kmh),
		Link: gdacsReport(m, st.nth), Date: gdacsDate(st.issued.Add(-time.Second)),
		From: gdacsDate(st.began), To: gdacsDate(st.issued.Add(-time.Second)),
		GUID:   gdacsGUID{Permanent: "false", Text: "TC" + stormEvent},
		Point:  gdacsPoint{Lat: decimal(now.place.Lat), Lon: decimal(now.place.Lon)},
		GeoRSS: decimal(now.place.Lat) + " " + decimal(now.place.Lon),
		Type:   "TC", Level: st.level, Score: st.score, EpisodeLevel: st.level, EpisodeScore: st.score,
		Name: stormName, Event: stormEvent, Episode: st.nth,
		Severity:   gdacsAmount{Unit: "km/h", Value: fmt.Sprintf("%.4f", kmh), Text: fmt.Sprintf("Tropical Cyclone (maximum wind speed of %.0f km/h)", kmh)},
		Population: gdacsAmount{Unit: "Pop74", Value: "310000", Text: simulated + ": 310 thousand in Category 1 or higher"},
		ISO3:       "MOZ", Country: "Mozambique", Current: "true",
	}
}

func (s *Scenario) fire(m moment) gdacsItem {
	from := s.start.Add(-50 * time.Hour)
	return gdacsItem{
		Title:       simulated + ": Green forest fire notification in Canada",
		Description: simulated + ": a forest fire of 6,200 ha in the north of Saskatchewan. Nobody lives near it.",
		Link:        m.base + "/www.gdacs.org/report.aspx?eventtype=WF&eventid=1029926", Date: gdacsDate(s.start.Add(-3 * time.Hour)),
		From: gdacsDate(from), To: gdacsDate(s.start.Add(-3 * time.Hour)),
		GUID:  gdacsGUID{Permanent: "false", Text: "WF1029926"},
		Point: gdacsPoint{Lat: "58.41", Lon: "-106.22"}, GeoRSS: "58.41 -106.22",
		Type: "WF", Level: "Green", Score: "0", EpisodeLevel: "Green", EpisodeScore: "0", Event: "1029926", Episode: 2,
		Severity:   gdacsAmount{Unit: "ha", Value: "6200", Text: "Green impact for forest fire in 6200 ha"},
		Population: gdacsAmount{Unit: "Pop", Value: "0", Text: "Nobody in the burned area"},
		ISO3:       "CAN", Country: "Canada", Current: "true",
	}
}

func gdacsReport(m moment, episode int) string {
	return fmt.Sprintf("%s/www.gdacs.org/report.aspx?eventtype=TC&eventid=%s&episodeid=%d", m.base, stormEvent, episode)
}

func decimal(x float64) string { return fmt.Sprintf("%.4f", x) }

func marshalXML(what string, v any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", " ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write %s: %w", what, err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
