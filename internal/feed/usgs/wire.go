package usgs

import "encoding/json"

// frame is a summary or query answer without its features.
type frame struct {
	Type     string   `json:"type"`
	Metadata metadata `json:"metadata"`
}

type metadata struct {
	Generated float64 `json:"generated"` // Unix ms
}

// feature is one earthquake of a summary, or a whole detail document. Times are Unix ms;
// null and absent are the same to us.
type feature struct {
	Type       string     `json:"type"`
	ID         string     `json:"id"`
	Properties properties `json:"properties"`
	Geometry   *struct {
		Type        string     `json:"type"`
		Coordinates []*float64 `json:"coordinates"` // lon, lat, depth km positive down
	} `json:"geometry"`
}

type properties struct {
	Mag      *float64                     `json:"mag"`
	Place    string                       `json:"place"`
	Time     *float64                     `json:"time"`
	Updated  *float64                     `json:"updated"`
	URL      string                       `json:"url"`
	Detail   string                       `json:"detail"`
	Felt     *float64                     `json:"felt"`
	CDI      *float64                     `json:"cdi"`
	MMI      *float64                     `json:"mmi"`
	Alert    string                       `json:"alert"` // PAGER: green, yellow, orange, red
	Status   string                       `json:"status"`
	Tsunami  float64                      `json:"tsunami"`
	Net      string                       `json:"net"`
	Code     string                       `json:"code"`
	IDs      string                       `json:"ids"` // ",us7000qtpj,usauto7000qtpj,"
	Types    string                       `json:"types"`
	MagType  string                       `json:"magType"`
	Type     string                       `json:"type"`
	Title    string                       `json:"title"`
	Products map[string][]json.RawMessage `json:"products"` // detail documents only

	// Not on the wire: what the other forms of the feed add.
	horizontalKM float64
	magError     float64
	depthError   float64
	shakemap     product // the preferred one
}

// product is one contribution in a detail document; its property values are all text.
type product struct {
	Status     string             `json:"status"`
	Weight     float64            `json:"preferredWeight"`
	Updated    float64            `json:"updateTime"` // Unix ms
	Properties map[string]string  `json:"properties"`
	Contents   map[string]content `json:"contents"` // by path: "download/grid.xml"
}

type content struct {
	URL string `json:"url"`
}
