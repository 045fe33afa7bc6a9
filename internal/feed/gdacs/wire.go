package gdacs

import (
	"bytes"
	"encoding/json"
	"fmt"

	"watchfire.dev/internal/fault"
)

// item is one <item> of the RSS form. Prefixes are left out of the tags: the 2016 form has
// other namespaces, and items are read one at a time, without the declarations around them.
type item struct {
	Title        string  `xml:"title"`
	Description  string  `xml:"description"`
	Link         string  `xml:"link"`
	PubDate      string  `xml:"pubDate"`
	Modified     string  `xml:"datemodified"`
	From         string  `xml:"fromdate"`
	To           string  `xml:"todate"`
	Current      string  `xml:"iscurrent"`
	Temporary    string  `xml:"temporary"`
	GeoRSS       string  `xml:"point"` // "lat lon"
	Geo          geoItem `xml:"Point"`
	CAP          string  `xml:"cap"`
	GUID         string  `xml:"guid"`
	Type         string  `xml:"eventtype"`
	Level        string  `xml:"alertlevel"`
	Score        string  `xml:"alertscore"`
	EpisodeLevel string  `xml:"episodealertlevel"`
	EpisodeScore string  `xml:"episodealertscore"`
	Name         string  `xml:"eventname"`
	Event        string  `xml:"eventid"`
	Episode      string  `xml:"episodeid"`
	Severity     amount  `xml:"severity"`
	Population   amount  `xml:"population"`
	Vulnerable   amount  `xml:"vulnerability"`
	ISO3         string  `xml:"iso3"`
	Country      string  `xml:"country"`
	GLIDE        string  `xml:"glide"`
}

type geoItem struct {
	Lat  string `xml:"lat"`
	Long string `xml:"long"`
}

// amount is a number with its unit and the source's words for both.
type amount struct {
	Unit  string `xml:"unit,attr"`
	Value string `xml:"value,attr"`
	Text  string `xml:",chardata"`
}

// feature is one feature of the GeoJSON form. Several make one event.
type feature struct {
	ID         word            `json:"id"`
	Properties properties      `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

// properties of a feature: all values are text in the event map (2021, 2026) and partly
// numbers and objects in the answers of the event service (from its documentation).
type properties struct {
	Class        word `json:"Class"` // Point_Centroid, Poly_Circle, Poly_Green, Line_Line_0, …
	Label        word `json:"polygonlabel"`
	Name         word `json:"name"`
	Description  word `json:"description"`
	HTML         word `json:"htmldescription"`
	Link         word `json:"link"`
	Type         word `json:"eventtype"`
	Event        word `json:"eventid"`   // null in polygons and lines of the event map
	Episode      word `json:"episodeid"` // likewise
	EventName    word `json:"eventname"`
	Level        word `json:"alertlevel"`
	Score        word `json:"alertscore"`
	LevelEpisode word `json:"alertlevelepisode"`
	ScoreEpisode word `json:"alertscoreepisode"`
	EpisodeLevel word `json:"episodealertlevel"`
	EpisodeScore word `json:"episodealertscore"`
	From         word `json:"fromdate"`
	To           word `json:"todate"`
	Modified     word `json:"datemodified"`
	Current      word `json:"iscurrent"`
	Temporary    word `json:"istemporary"`
	Country      word `json:"country"`
	Countries    word `json:"countrylist"`
	ISO3         word `json:"iso3"`
	Severity     word `json:"severity"`
	Lat          word `json:"latitude"`
	Lon          word `json:"longitude"`
	GLIDE        word `json:"glide"`
	Source       word `json:"source"`
	SourceID     word `json:"sourceid"`
	SeverityData struct {
		Value word `json:"severity"`
		Text  word `json:"severitytext"`
		Unit  word `json:"severityunit"`
	} `json:"severitydata"`
	Affected []struct {
		ISO2 word `json:"iso2"`
		ISO3 word `json:"iso3"`
		Name word `json:"countryname"`
	} `json:"affectedcountries"`
}

// word is a value that may come as text, number, truth value or null.
type word string

// UnmarshalJSON keeps the text of a string and the literal of a number or truth value.
func (w *word) UnmarshalJSON(data []byte) error {
	switch {
	case bytes.Equal(data, []byte("null")):
		*w = ""
		return nil
	case len(data) > 0 && data[0] == '"':
		var s string
		err := json.Unmarshal(data, &s)
		*w = word(s)
		return err
	case len(data) > 0 && (data[0] == '{' || data[0] == '['):
		return fmt.Errorf("object or list where text is expected: %w", fault.ErrInvalid)
	default:
		*w = word(data)
		return nil
	}
}
