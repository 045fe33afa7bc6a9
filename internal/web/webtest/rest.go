package webtest

import (
	"context"
	"fmt"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// Story answers everything about one warning.
func (d *Desk) Story(_ context.Context, who desk.Principal, id string) (desk.Story, error) {
	r, err := d.row(who, id)
	if err != nil {
		return desk.Story{}, err
	}
	s := desk.Story{Row: r}
	first, second := r.Warning, r.Warning
	first.Revision, first.Level, first.Reason, first.State, first.At = 1, max(level.Yellow, r.Warning.Level-1), warning.Opened, warning.Issued, r.Warning.OpenedAt
	second.Revision, second.Level, second.Reason, second.State, second.At = 2, first.Level, warning.Renewed, warning.Issued, r.Warning.OpenedAt.Add(46*time.Second)
	s.Revisions = []warning.Warning{first, second, r.Warning}
	for _, ref := range r.Warning.Events {
		for _, e := range d.Happened {
			if e.ID == ref.ID {
				s.Events = append(s.Events, e)
				s.Signals = append(s.Signals, d.Signals[e.ID]...)
			}
		}
	}
	at := r.Warning.At
	s.Moments = []desk.Moment{
		{At: at.Add(6 * time.Second), Kind: "receipt", Who: "Z. Baloch, site manager", Channel: "email", State: "delivered"},
		{At: at.Add(4 * time.Second), Kind: "attempt", Who: "F. Khan, security", Channel: "webhook", State: "failed", Detail: "502, next try in 20 s", Late: true},
		{At: at.Add(time.Second), Kind: "attempt", Who: "F. Khan, security", Channel: "email", State: "sent"},
		{At: at, Kind: "revision", Level: r.Warning.Level, Reason: r.Warning.Reason, Rev: 3},
	}
	if r.Answer != nil {
		s.Moments = append([]desk.Moment{{At: r.Answer.At, Kind: "answer", Who: r.Answer.By, State: r.Answer.Kind, Detail: r.Answer.Note}}, s.Moments...)
	} else {
		s.NextStep = &desk.Moment{At: Now.Add(3 * time.Minute), Kind: "escalation", Who: "S. Raza, deputy", Channel: "email"}
	}
	for _, b := range d.Dark {
		if b.Project.ID == r.Project.ID {
			s.Blind = append(s.Blind, b)
		}
	}
	for _, f := range d.Feeds {
		for _, name := range r.Sources {
			if f.Name == name {
				s.Sources = append(s.Sources, f)
			}
		}
	}
	return s, nil
}

// Map answers assets, events and blind spots.
func (d *Desk) Map(_ context.Context, who desk.Principal) (desk.MapData, error) {
	if !ours(who) {
		return desk.MapData{}, nil
	}
	m := desk.MapData{Events: d.Happened, Blind: d.Dark}
	names := map[string]string{}
	for _, p := range d.Sites {
		names[p.ID] = p.Name
	}
	for _, a := range d.Assets {
		x := desk.MapAsset{Asset: a, ProjectName: names[a.Project]}
		for _, r := range d.Rows {
			if warning.Active(r.Warning) && r.Warning.Rows[0].Asset == a.ID && r.Warning.Level > x.Level {
				x.Level, x.Warning = r.Warning.Level, r.Warning.ID
			}
		}
		m.Assets = append(m.Assets, x)
	}
	return m, nil
}

func blind(p []portfolio.Project) []desk.BlindSpot {
	return []desk.BlindSpot{
		{Project: p[4], Family: event.Flood, Since: Now.Add(-152 * time.Minute), Reason: "source_silent", Source: "Zambia met service", Usual: 30 * time.Minute, AllOf: 1},
		{Project: p[10], Family: event.Cyclone, Since: Now.Add(-30 * time.Hour), Reason: "no_source"},
		{Project: p[0], Family: event.Flood, Since: Now.Add(-5 * time.Hour), Reason: "source_silent", Source: "Pakistan met service", Usual: time.Hour, AllOf: 3, StillSeen: 1},
		{Project: p[9], Family: event.Earthquake, Since: Now.Add(-time.Hour), Reason: "never_polled", Source: "中国地震台网"},
		{Project: p[5], Family: event.Conflict, Since: Now.Add(-time.Hour), Reason: "place_vague"},
	}
}

func feeds() []desk.SourceStatus {
	names := []struct{ name, kind, grade string }{
		{"USGS earthquakes", "usgs", "A1"},
		{"EMSC", "fdsn", "A2"},
		{"GDACS", "gdacs", "A2"},
		{"NHC current storms", "nhc", "A1"},
		{"中国气象局", "cap", "A2"},
		{"UK travel advice", "advice", "A2"},
		{"US travel advice", "advice", "A2"},
		{"Canada travel advice", "advice", "A2"},
		{"Radio news", "rss", "C3"},
		{"Field reports", "field", "B2"},
		{"WHO news", "rss", "A2"},
		{"EONET", "eonet", "B2"},
		{"Zambia met service", "cap", "A2"},
		{"Iraq met service", "cap", "B2"},
	}
	var out []desk.SourceStatus
	for i, n := range names {
		s := desk.SourceStatus{
			ID: fmt.Sprintf("src_%02d", i), Name: n.name, Kind: n.kind, Grade: n.grade, URL: "https://feeds.example.org/" + n.kind, Licence: "public domain", Attribution: n.name,
			On: true, Every: time.Minute, AgeLimit: 30 * time.Minute, LastPoll: Now.Add(-20 * time.Second), LastOK: Now.Add(-20 * time.Second), LastContent: Now.Add(-time.Duration(i+1) * 3 * time.Minute),
			NextPoll: Now.Add(40 * time.Second), Records: 1440 - i, Signals: 12840 + 17*i, Hazards: []event.Hazard{event.Earthquake, event.Flood}, Countries: []string{"PK", "ZM"},
		}
		switch i {
		case 8:
			s.Failures, s.LastError, s.LastErrorAt = 2, "fetch: 503 Service Unavailable", Now.Add(-20*time.Second)
		case 12:
			s.BlindSince, s.LastContent, s.LastError, s.LastErrorAt = Now.Add(-152*time.Minute), Now.Add(-182*time.Minute), "answers 200, but its newest entry is of 01:10 UTC", Now.Add(-152*time.Minute)
		case 10:
			s.Linked, s.Lost = 281, 2
		case 11:
			s.On = false
		case 13:
			s.Unverified, s.Quarantined, s.OpenUntil, s.Failures = true, 3, Now.Add(10*time.Minute), 6
		}
		out = append(out, s)
	}
	return out
}

func held() []desk.Quarantined {
	return []desk.Quarantined{
		{ID: "qua_1", Source: "src_13", Record: "rec_9f", At: Now.Add(-time.Hour), Place: "alert/info[2]/area/polygon", Reason: "polygon has 2 points, at least 4", Raw: "<polygon>30.1,47.2 30.2,47.3</polygon>"},
		{ID: "qua_2", Source: "src_13", Record: "rec_9f", At: Now.Add(-2 * time.Hour), Place: "entry 14", Reason: "no identifier", Raw: "<entry><title>…</title></entry>"},
	}
}

func entries() []desk.JournalRow {
	kinds := []string{"warning.revised", "notification.queued", "notification.attempt", "notification.receipt", "answer", "portfolio.version", "rule.changed", "source.blind"}
	var out []desk.JournalRow
	for i := range 24 {
		out = append(out, desk.JournalRow{
			Seq: int64(4820 - i), At: Now.Add(-time.Duration(i) * 13 * time.Second), Kind: kinds[i%len(kinds)], Actor: []string{"watch", "L. Okafor", "Z. Baloch"}[i%3], Subject: fmt.Sprintf("wrn_%02d", i%14),
			Body: fmt.Sprintf("{\n  \"revision\": %d,\n  \"level\": \"orange\"\n}", i), Hash: fmt.Sprintf("%064x", 7919*(i+1)),
		})
	}
	return out
}

func versions() []desk.VersionRow {
	return []desk.VersionRow{
		{Version: 7, At: Now.Add(-3 * time.Hour), Actor: "L. Okafor", Undoes: 6, Changes: 4},
		{Version: 6, At: Now.Add(-4 * time.Hour), Actor: "A. Njoya", File: "west-africa-2026-10.xlsx", Changes: 4},
		{Version: 5, At: Now.Add(-72 * time.Hour), Actor: "L. Okafor", File: "portfolio.csv", Note: "new camps", Changes: 212},
	}
}

func rules() []desk.RuleRow {
	return []desk.RuleRow{
		{ID: "rul_1", Name: "No air quality below orange", When: `event.hazard == "air_quality" && exposure.level < 2`, Then: "suppress", Mode: "shadow", Version: 2, Would: 4},
		{ID: "rul_2", Name: "Kidnap goes to the crisis team", When: `event.hazard == "kidnap"`, Then: "route", To: "crisis-team", Mode: "on", Version: 1, Would: 1, Fault: `1:1: rul_2, to: "crisis-team" is no contact of the portfolio`, Broken: true},
		{ID: "rul_3", Name: "Tents are weak", When: `asset.class == "tent" && exposure.intensity >= 34.0`, Then: "raise", Mode: "off", Version: 5},
	}
}

func preview() desk.ImportPreview {
	return desk.ImportPreview{
		Base: 7,
		Changes: []portfolio.Change{
			{Kind: portfolio.Created, Thing: "asset", Code: "nacala/gate", Fields: []portfolio.FieldChange{{Field: "name", New: "Gate"}, {Field: "lat", New: "-14.54"}}},
			{Kind: portfolio.Changed, Thing: "project", Code: "kafue", Fields: []portfolio.FieldChange{{Field: "zone", Old: "Africa/Harare", New: "Africa/Lusaka"}}},
		},
		Problems: []portfolio.Problem{
			{Where: portfolio.Where{Sheet: "assets", Row: 5, Column: "C", Field: "zone"}, Message: `"Africa/Nirobi" is no IANA time zone; did you mean Africa/Nairobi?`},
			{Where: portfolio.Where{Thing: "asset nacala/gate"}, Message: "stands twice"},
		},
	}
}
