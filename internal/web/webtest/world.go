package webtest

import (
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// site is one line of the invented world: a project, its first asset and its warning.
type site struct {
	code, name, country, zone, asset string
	lat, lon                         float64
	people                           int
}

func sites() []site {
	return []site{
		{"quetta-rail-3", "Quetta Rail, lot 3", "PK", "Asia/Karachi", "Camp 2", 30.05, 66.85, 412},
		{"nacala", "Nacala Terminal", "MZ", "Africa/Maputo", "Berth 4 crane yard", -14.54, 40.67, 260},
		{"moyale", "Moyale Highway", "ET", "Africa/Addis_Ababa", "Section C", 6.41, 38.31, 38},
		{"arun", "Arun Hydropower", "NP", "Asia/Kathmandu", "Intake camp", 27.56, 87.19, 190},
		{"kafue", "Kafue Dam", "ZM", "Africa/Lusaka", "Main camp", -15.77, 28.42, 640},
		{"garoua", "Garoua Solar", "CM", "Africa/Douala", "Field 2", 9.30, 13.39, 57},
		{"callao", "Callao Berth 5", "PE", "America/Lima", "Gate", -12.05, -77.15, 120},
		{"basra", "Basra Water", "IQ", "Asia/Baghdad", "Pumping station 1", 30.51, 47.78, 300},
		{"arequipa", "Arequipa Bypass", "PE", "America/Lima", "Tunnel south portal", -16.41, -71.54, 85},
		{"chengdu", "成都轨道交通 18 号线延长段", "CN", "Asia/Shanghai", "北段工地", 30.66, 104.07, 1530},
		{"ehoala", "Port Ehoala", "MG", "Indian/Antananarivo", "Breakwater", -25.03, 46.99, 95},
		{"llanfair", "Lake Turkana Wind, Loiyangalani–Suswa transmission line and access road rehabilitation, package 7B", "KE", "Africa/Nairobi", "Loiyangalani camp and workshops, eastern perimeter", 2.75, 36.72, 77},
		{"port-vila", "Port Vila Harbour", "VU", "Pacific/Efate", "Quarry", -17.73, 168.32, 64},
		{"dakar", "Dakar Bus Rapid Transit", "SN", "Africa/Dakar", "Depot", 14.72, -17.46, 210},
	}
}

// told is one line of the queue.
type told struct {
	site    int
	hazard  event.Hazard
	level   level.Level
	title   string
	eta     time.Duration // 0 = now
	newest  time.Duration // ago
	since   time.Duration // ago: nobody has answered, or answered
	by      string        // "" = nobody
	told    int
	of      int
	sources []string
	unit    string
	value   float64
	sigma   float64
	state   warning.State
	km      float64
}

func lines() []told {
	m, h, d := time.Minute, time.Hour, 24*time.Hour
	return []told{
		{0, event.Earthquake, level.Red, "M 6.9 - 31 km SSW of Quetta, Pakistan", 0, m, 6 * m, "", 2, 5, []string{"USGS earthquakes", "EMSC", "Field reports"}, "mmi", 7.1, 0.8, warning.Issued, 31},
		{9, event.Flood, level.Red, "暴雨红色预警：岷江上游洪水", 2 * h, 3 * m, 3 * m, "", 1, 4, []string{"中国气象局", "GDACS"}, "cap_severity", 4, 0, warning.Draft, 0},
		{1, event.Cyclone, level.Orange, "Cyclone ANA: 64 kt winds", 19 * h, 12 * m, 4 * m, "", 3, 3, []string{"NHC current storms", "GDACS"}, "kt", 66, 12, warning.Issued, 0},
		{2, event.Corridor, level.Orange, "Road closed, km 34.2–51.7: clashes near Dilla", 0, 9 * m, 2 * m, "", 1, 4, []string{"UK travel advice", "Radio news"}, "", 0, 0, warning.Issued, 4},
		{3, event.Flood, level.Yellow, "River above the 5-year level expected", 3 * d, 25 * m, m, "", 2, 2, []string{"GDACS"}, "cap_severity", 2, 0, warning.Issued, 0},
		{11, event.Unrest, level.Yellow, "Demonstration announced along the A2 between Marsabit and Loiyangalani after the county assembly's decision on grazing corridors", 9 * h, 40 * m, 50 * m, "", 2, 6, []string{"Radio news", "Field reports"}, "", 0, 0, warning.Issued, 12},
		{4, event.Outbreak, level.Orange, "Cholera, 212 cases in the district", 0, 6 * h, 31 * m, "M. Banda", 3, 3, []string{"WHO news"}, "", 0, 0, warning.Issued, 0},
		{5, event.Advice, level.Orange, "Advice raised to do not travel, Far North", 2 * d, 8 * h, 2 * h, "A. Njoya", 2, 3, []string{"US travel advice", "Canada travel advice"}, "advice_level", 4, 0, warning.Issued, 0},
		{6, event.Unrest, level.Yellow, "Strike at the port gate, second day", 0, 40 * m, 134 * m, "R. Quispe", 2, 2, []string{"Radio news"}, "", 0, 0, warning.Issued, 1},
		{7, event.Heat, level.Yellow, "Extreme heat, WBGT 31 on the day shift", 9 * h, 2 * h, 222 * m, "H. Ali", 1, 2, []string{"Iraq met service"}, "°C", 46, 2, warning.Issued, 0},
		{8, event.Volcano, level.Yellow, "Sabancaya: alert raised to level 2", 0, 5 * h, 5 * h, "R. Quispe", 2, 2, []string{"EONET", "GDACS"}, "", 0, 0, warning.Issued, 61},
		{12, event.Tsunami, level.Orange, "Tsunami watch after M 7.4 at Tanna", 40 * m, 4 * m, 20 * m, "L. Okafor", 4, 4, []string{"PTWC"}, "cap_severity", 3, 0, warning.Issued, 0},
		{13, event.AirQuality, level.Yellow, "Harmattan dust, PM10 above 500", 12 * h, 3 * h, 7 * h, "L. Okafor", 1, 1, []string{"Senegal met service"}, "cap_severity", 2, 0, warning.Issued, 0},
		{10, event.Storm, level.Yellow, "Gale at Fort Dauphin", 0, 26 * h, 20 * h, "T. Rakoto", 2, 2, []string{"Madagascar met service"}, "kt", 41, 6, warning.Ended, 0},
		{6, event.Earthquake, level.Yellow, "M 4.9 - 20 km W of Callao, Peru", 0, 49 * h, 40 * h, "R. Quispe", 1, 2, []string{"USGS earthquakes"}, "mmi", 4.2, 0.9, warning.Cancelled, 20},
	}
}

// New builds the invented world.
func New() *Desk {
	d := &Desk{Signals: map[string][]event.Signal{}}
	for i, s := range sites() {
		p := portfolio.Project{ID: "prj_" + s.code, Code: s.code, Name: s.name, Country: s.country, Zone: s.zone, Sector: "works"}
		d.Sites = append(d.Sites, p)
		d.Assets = append(d.Assets,
			portfolio.Asset{
				ID: "ast_" + s.code, Project: p.ID, Kind: portfolio.Site, Code: "camp", Name: s.asset, Country: s.country, Class: "container",
				Shape: geo.At(s.lat, s.lon, 0.1), Shifts: []portfolio.Shift{{Name: "day", Count: s.people}}, Radii: []portfolio.Radius{{Hazard: event.Earthquake, KM: 150}},
			},
			portfolio.Asset{
				ID: "ast_" + s.code + "_road", Project: p.ID, Kind: portfolio.Route, Code: "road", Name: "Access road", Country: s.country,
				Shape: geo.Line([]geo.Point{{Lat: s.lat, Lon: s.lon}, {Lat: s.lat + .06, Lon: s.lon + .12}, {Lat: s.lat + .2, Lon: s.lon + .2}}, 0.5),
			},
		)
		d.Contacts = append(d.Contacts,
			portfolio.Contact{ID: fmt.Sprintf("con_%d_1", i), Project: p.ID, Code: s.code + "-manager", Name: "Z. Baloch", Role: "site manager", Step: 1, Language: "en", Zone: s.zone, Channels: []portfolio.Address{{Channel: "email", Address: "manager@example.org"}}},
			portfolio.Contact{ID: fmt.Sprintf("con_%d_2", i), Project: p.ID, Code: s.code + "-deputy", Name: "S. Raza", Role: "deputy", Step: 2, Language: "zh", Zone: s.zone, Channels: []portfolio.Address{{Channel: "webhook", Address: "https://example.org/hook"}}},
		)
	}
	for i, l := range lines() {
		d.add(i, l)
	}
	d.Dark, d.Feeds, d.Held = blind(d.Sites), feeds(), held()
	d.Entries, d.Past, d.RuleList, d.Import, d.Hushed = entries(), versions(), rules(), preview(), hushed()
	return d
}

// chances are the probabilities that lead to a level.
func chances(l level.Level) level.P {
	switch l {
	case level.Red:
		return level.P{1, 0.97, 0.93, 0.83, 0.31}
	case level.Orange:
		return level.P{1, 0.78, 0.61, 0.34, 0.04}
	default:
		return level.P{1, 0.62, 0.24, 0.06, 0.01}
	}
}

// add makes the event, its signals, the exposures and the warning of one line.
func (d *Desk) add(i int, l told) {
	s, p := sites()[l.site], d.Sites[l.site]
	newest := Now.Add(-l.newest)
	evt := fmt.Sprintf("evt_%02d", i)
	var eta time.Time
	if l.eta > 0 {
		eta = Now.Add(l.eta)
	}
	e := event.Event{
		ID: evt, Org: Org, Hazard: l.hazard, Revision: 3, State: event.Ongoing, Title: l.title, Updated: newest, Fresh: newest, Onset: eta,
		Keys: []string{fmt.Sprintf("key:%s:%d", l.hazard, i)}, Severity: "Severe", Certain: "Likely", Urgency: "Immediate",
		Places: []event.Place{{Country: s.country, Name: s.asset}}, TLP: "CLEAR",
		Shapes: []event.Footprint{
			{Shape: geo.At(s.lat-.24, s.lon-.12, 4), Role: event.Centre},
			{Shape: geo.Circle(s.lat-.24, s.lon-.12, 48), Role: event.Affected},
			{Shape: geo.Circle(s.lat-.24, s.lon-.12, 26), Role: event.Affected},
		},
	}
	if l.hazard == event.Earthquake {
		e.Measures, e.Occurred = event.Measures{{Name: "magnitude", Value: 6.9}, {Name: "depth", Value: 12, Unit: "km"}}, Now.Add(-7*time.Minute)
	}
	if l.hazard == event.Cyclone {
		e.Shapes = []event.Footprint{{Shape: geo.Circle(s.lat-.6, s.lon+2.6, 130), Role: event.Forecast}}
		for k := range 6 {
			e.Track = append(e.Track, event.TrackPoint{At: Now.Add(time.Duration(k-2) * 6 * time.Hour), Place: geo.Point{Lat: s.lat - 1.4 + .25*float64(k), Lon: s.lon + 6 - .9*float64(k)}, WindKT: 60, Forecast: k > 2})
		}
	}
	var evidence []string
	for k, src := range l.sources {
		sig := event.Signal{
			ID: fmt.Sprintf("sig_%02d_%d", i, k), Source: src, Key: fmt.Sprintf("%s:%d", src, i), Act: event.Update, Status: event.Actual, Hazard: l.hazard,
			Texts:     []event.Text{{Language: "en", Headline: l.title, Description: "As the source says it.\nSecond line.", Instruction: "Follow the orders of the authorities."}},
			Published: newest.Add(-time.Duration(k+1) * time.Minute), Received: newest.Add(-time.Duration(k) * 47 * time.Second), Expires: Now.Add(6 * time.Hour),
			Severity: "Severe", Certainty: "Likely", Urgency: "Immediate", Measures: e.Measures, Grade: event.Grade{Reliability: string(rune('A' + k)), Credibility: 2},
			Links: []string{"https://example.org/report"}, Notes: []string{"expires was missing; taken from the hazard's time to live"},
		}
		evidence = append(evidence, sig.ID)
		e.Reports = append(e.Reports, event.Standing{Key: sig.Key, Signal: sig.ID, Stand: event.Live, Source: src, Grade: sig.Grade, Received: sig.Received})
		d.Signals[evt] = append(d.Signals[evt], sig)
	}
	d.Happened = append(d.Happened, e)
	d.Rows = append(d.Rows, d.warn(i, l, p, s, e, evidence, eta, newest))
}

func (d *Desk) warn(i int, l told, p portfolio.Project, s site, e event.Event, evidence []string, eta, newest time.Time) desk.Row {
	how := exposure.Distance
	if l.km == 0 {
		how = exposure.Inside
	}
	row := exposure.Exposure{
		Event: e.ID, Revision: 3, Hazard: l.hazard, Project: p.ID, Asset: "ast_" + s.code, Kind: portfolio.Site, Name: s.asset, How: how, DistanceKM: l.km,
		Intensity: exposure.Intensity{Value: l.value, Unit: l.unit, Sigma: l.sigma}, Persons: s.people, ETA: eta, PEvent: 0.97, P: chances(l.level), Level: l.level,
		Formula: "MMI = 3.95 + 0.913·M − 1.107·ln √(R² + 13.5²)", Source: "Allen, Wald and Worden 2012", Method: "1.3",
		Inputs:   []exposure.Input{{Name: "magnitude", Value: 6.9}, {Name: "distance", Value: 31, Unit: "km"}, {Name: "depth", Value: 12, Unit: "km"}},
		Notes:    []string{"construction class container: V = 0.8"},
		Evidence: evidence,
	}
	road := row
	road.Asset, road.Name, road.Kind, road.Persons, road.Level, road.P = row.Asset+"_road", "Access road", portfolio.Route, 0, level.Yellow, chances(level.Yellow)
	road.FromKM, road.ToKM = 2.1, 9.4
	w := warning.Warning{
		ID: fmt.Sprintf("wrn_%02d", i), Org: Org, Project: p.ID, Family: l.hazard.Family(), Hazard: l.hazard, Revision: 3, State: l.state, Level: l.level, Peak: l.level,
		Cell: l.level, P: chances(l.level), Reason: warning.Raised, Events: []warning.EventRef{{ID: e.ID, Revision: 3, Title: e.Title, Measures: e.Measures}},
		Rows: []exposure.Exposure{row, road}, TLP: "CLEAR", Method: "1.3", Evidence: evidence, OpenedAt: Now.Add(-l.since - 8*time.Minute), At: Now.Add(-l.since),
		LevelSince: Now.Add(-l.since), Fresh: newest, Expires: Now.Add(24 * time.Hour), ETA: eta,
	}
	weighed(&w, l.hazard == event.Earthquake)
	if l.state == warning.Draft {
		w.Reason, w.ConfirmBy = warning.Proposed, Now.Add(2*time.Minute)
	}
	w.Emergency = i == 0
	r := desk.Row{
		Warning: w, Project: p, People: s.people, Since: Now.Add(-l.since), Told: l.told, Contacts: l.of, Delivered: l.told - 1, Newest: newest, Sources: l.sources,
	}
	if i == 5 {
		r.Failed = 1
	}
	if l.by != "" {
		r.Answer = &desk.Answer{At: Now.Add(-l.since), Kind: "have_it", By: l.by, Via: "link", Note: "Crew informed, gate closed."}
		if i == 6 {
			r.Answer.Kind = "need_help"
		}
	}
	return r
}
