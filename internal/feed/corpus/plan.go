package corpus

import (
	"path/filepath"
	"strings"
)

// kindOf is the format that a sample is read as; "" = no format reads it.
func kindOf(folder, file string) string {
	ext := strings.ToLower(filepath.Ext(file))
	switch folder {
	case "usgs", "eonet", "news":
		return folder
	case "gdacs":
		if ext == ".geojson" {
			return "gdacs-geojson"
		}
		return "gdacs-rss"
	case "nhc", "jtwc":
		switch {
		case ext == ".json":
			return "nhc"
		case ext == ".dat" || strings.Contains(file, "__bio"):
			return "atcf"
		}
	case "nws":
		if ext == ".xml" {
			return "cap-index"
		}
		return "nws"
	case "meteoalarm":
		if ext == ".xml" {
			return "cap-index"
		}
		return "cap"
	case "cap":
		switch {
		case ext == ".pem":
			return ""
		case indexes[file]:
			return "cap-index"
		}
		return "cap"
	case "travel-uk", "travel-us", "travel-canada", "travel-australia":
		if strings.Contains(file, "email_alert_signup") { // a form for letters, no advice
			return ""
		}
		return "advice-" + strings.TrimPrefix(folder, "travel-")
	case "travel-multi":
		return "advice-australia"
	}
	return ""
}

// indexes are the files among the samples of CAP that only point to alerts.
var indexes = map[string]bool{
	"google__ny_index.rss": true, "kelvinn__amber.rss": true, "kelvinn__ny_index.rss": true, "kelvinn__invalid.rss": true,
	"kelvinn__earthquake_index.atom": true, "kelvinn__empty_weather_index.atom": true, "kelvinn__invalid_element.atom": true,
	"kelvinn__no_id.atom": true, "kelvinn__no_link.atom": true, "kelvinn__no_title.atom": true, "kelvinn__pelmorex.atom": true,
	"kelvinn__us_nws_weather.atom": true, "kelvinn__weather_index.atom": true,
}

// refusals are the files that must be refused as a whole, and why.
var refusals = map[string]string{
	"google__xee.cap":         "an attack by external entity",
	"google__xee.atom":        "an attack by external entity",
	"rbren__unrecognized.rss": "a web page, no feed",
}
