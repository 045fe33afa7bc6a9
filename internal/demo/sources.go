package demo

import (
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/feed"
)

// The ids of the scenario's sources.
const (
	SourceQuakes   = "demo-usgs"
	SourceGDACS    = "demo-gdacs"
	SourceMap      = "demo-gdacs-map"
	SourceDeck     = "demo-jtwc"
	SourceStorms   = "demo-nhc"
	SourceFlood    = "demo-flood-bd"
	SourceStale    = "demo-weather-zm"
	SourceNews     = "demo-news"
	SourceOperator = "demo-partner-road"
	SourceNGO      = "demo-partner-ngo"
)

// Paths of the feeds below the server's address. They repeat the hosts and paths of the
// services that they imitate.
const (
	pathQuakes = "/earthquake.usgs.gov/earthquakes/feed/v1.0/summary/all_day.geojson"
	pathGDACS  = "/www.gdacs.org/xml/rss.xml"
	pathMap    = "/www.gdacs.org/gdacsapi/api/events/geteventlist/MAP"
	pathDeck   = "/www.metoc.navy.mil/jtwc/products/"
	pathStorms = "/www.nhc.noaa.gov/CurrentStorms.json"
	pathFlood  = "/flood.example/cap/atom.xml"
	pathAlert  = "/flood.example/cap/"
	pathStale  = "/weather.example/cap/atom.xml"
	pathNews   = "/news.example/rss.xml"
)

// Sources returns the definitions of all feeds below base ("http://127.0.0.1:1234") and of
// the two partners that push. They belong to no organisation: every one sees them.
func (s *Scenario) Sources(base string) []feed.Source {
	geophysical, weather := []event.Hazard{event.Earthquake}, []event.Hazard{event.Flood, event.Storm}
	polled := func(id, name, kind, path string, every int, grade string, credibility int) feed.Source {
		return feed.Source{
			ID: id, Name: name + " (simulated)", Kind: kind, URL: base + path,
			Licence: "CC0-1.0", Attribution: "Simulated for the demonstration; imitates the format of the named service",
			Every: time.Duration(every) * time.Second, AtLeast: 3 * time.Second, AgeLimit: time.Hour,
			Reliability: grade, Credibility: credibility, Owner: id, Language: "en", TLP: "CLEAR",
		}
	}
	quakes := polled(SourceQuakes, "USGS earthquakes", "usgs", pathQuakes, 5, "A", 2)
	quakes.Instrument, quakes.Hazards = true, geophysical
	gdacs := polled(SourceGDACS, "GDACS alerts", "gdacs-rss", pathGDACS, 8, "B", 2)
	gdacs.Owner, gdacs.Hazards = "demo-gdacs", []event.Hazard{event.Cyclone, event.Wildfire}
	eventMap := polled(SourceMap, "GDACS event map", "gdacs-geojson", pathMap, 7, "B", 2)
	eventMap.Owner, eventMap.Hazards, eventMap.AgeLimit = "demo-gdacs", []event.Hazard{event.Cyclone}, 24*time.Hour
	deck := polled(SourceDeck, "JTWC forecast track", "atcf", pathDeck+deckFile(s.start), 6, "A", 1)
	deck.Instrument, deck.Hazards, deck.AgeLimit = true, []event.Hazard{event.Cyclone}, 24*time.Hour
	storms := polled(SourceStorms, "NHC current storms", "nhc", pathStorms, 8, "A", 1)
	storms.Instrument, storms.Hazards, storms.AgeLimit = true, []event.Hazard{event.Cyclone}, 24*time.Hour
	flood := polled(SourceFlood, "Flood Forecasting Centre, Bangladesh", "cap-index", pathFlood, 5, "A", 2)
	flood.Instrument, flood.Follow, flood.Hazards, flood.Countries = true, true, weather, []string{"BD"}
	stale := polled(SourceStale, "Weather service, Zambia", "cap-index", pathStale, 5, "A", 2)
	stale.Instrument, stale.Follow, stale.Hazards, stale.Countries = true, true, weather, []string{"ZM"}
	// The limit is one minute of the scenario, but not so short that two polls exceed it.
	stale.AgeLimit = max(s.real(sourceBlind-sourceStops), 20*time.Second)
	news := polled(SourceNews, "The Border Courier", "news", pathNews, 6, "C", 3)
	news.News, news.Hazards = true, security()
	return []feed.Source{
		quakes, gdacs, eventMap, deck, storms, flood, stale, news,
		partner(SourceOperator, "Road operators' security desk", 2),
		partner(SourceNGO, "Humanitarian safety network", 2),
	}
}

func security() []event.Hazard {
	return []event.Hazard{event.Conflict, event.Terrorism, event.Unrest, event.Crime, event.Kidnap}
}

func partner(id, name string, credibility int) feed.Source {
	return feed.Source{
		ID: id, Name: name + " (simulated)", Kind: "push",
		Licence: "CC0-1.0", Attribution: "Simulated for the demonstration",
		AgeLimit: 7 * 24 * time.Hour, Reliability: "C", Credibility: credibility, Owner: id,
		Language: "en", TLP: "AMBER", Hazards: security(), Countries: []string{"ET", "KE"},
	}
}
