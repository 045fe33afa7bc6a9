package eonet

import "encoding/json"

// wireEvent is one event of the events form. Version 2.1 calls its list geometries and
// gives categories numbers, version 3 calls it geometry and gives them words.
type wireEvent struct {
	about
	Geometry   []json.RawMessage `json:"geometry"`
	Geometries []json.RawMessage `json:"geometries"`
}

// about is what both forms say of an event as a whole.
type about struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description *string    `json:"description"`
	Link        string     `json:"link"`
	Closed      *string    `json:"closed"`
	Categories  []category `json:"categories"`
	Sources     []source   `json:"sources"`
}

type category struct {
	ID    json.RawMessage `json:"id"` // "wildfires", or 8 in version 2.1
	Title string          `json:"title"`
}

type source struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

// observation is one dated geometry of an event.
type observation struct {
	Date  string   `json:"date"`
	Value *float64 `json:"magnitudeValue"`
	Unit  *string  `json:"magnitudeUnit"`
}

// feature is one feature of the GeoJSON form: one observation, or the line through all of
// them, whose dates stand in geometryDates.
type feature struct {
	Properties struct {
		about
		observation
		Dates []string `json:"geometryDates"`
	} `json:"properties"`
	Geometry json.RawMessage `json:"geometry"`
}
