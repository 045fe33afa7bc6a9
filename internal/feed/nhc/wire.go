package nhc

import (
	"encoding/json"
	"strings"
)

// storm is one entry of activeStorms. Intensity (knots) and pressure (hPa) are text, the
// position comes both as text with a hemisphere letter and as numbers.
type storm struct {
	ID             string          `json:"id"`        // al062023: the key
	Bin            string          `json:"binNumber"` // AT1: a slot, given to the next storm afterwards
	Name           string          `json:"name"`
	Classification string          `json:"classification"`
	Intensity      json.RawMessage `json:"intensity"`
	Pressure       json.RawMessage `json:"pressure"`
	Latitude       string          `json:"latitude"`
	Longitude      string          `json:"longitude"`
	Lat            *float64        `json:"latitudeNumeric"`
	Lon            *float64        `json:"longitudeNumeric"`
	MovementDir    *float64        `json:"movementDir"`   // degrees, towards
	MovementSpeed  *float64        `json:"movementSpeed"` // the file names no unit
	LastUpdate     string          `json:"lastUpdate"`

	PublicAdvisory     *product `json:"publicAdvisory"`
	ForecastAdvisory   *product `json:"forecastAdvisory"`
	ForecastDiscussion *product `json:"forecastDiscussion"`
	ForecastGraphics   *product `json:"forecastGraphics"`
	ForecastTrack      *product `json:"forecastTrack"`
	TrackCone          *product `json:"trackCone"`
	WatchesWarnings    *product `json:"windWatchesWarnings"`
	InitialWinds       *product `json:"initialWindExtent"`
	ForecastWinds      *product `json:"forecastWindRadiiGIS"`
	SurgeWarning       *product `json:"stormSurgeWatchWarningGIS"`
}

// product is one text or drawing of an advisory; null when there is none.
type product struct {
	Number string `json:"advNum"`
	URL    string `json:"url"`
	KMZ    string `json:"kmzFile"`
	ZIP    string `json:"zipFile"`
}

// text returns a value that may be a string or a number as text; "" for null.
func text(raw json.RawMessage) string {
	s := string(raw)
	if s == "null" {
		return ""
	}
	return strings.TrimSpace(strings.Trim(s, `"`))
}

func (s storm) products() []*product {
	return []*product{
		s.PublicAdvisory, s.ForecastAdvisory, s.ForecastDiscussion, s.ForecastGraphics, s.ForecastTrack,
		s.TrackCone, s.WatchesWarnings, s.InitialWinds, s.ForecastWinds, s.SurgeWarning,
	}
}
