package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
)

// Archive gives the bytes that a source sent, to organisations that the source speaks to.
type Archive interface {
	RecordFor(ctx context.Context, org, hash string) ([]byte, error)
}

// source is the health of one source now.
type source struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Kind        string         `json:"kind"`
	URL         string         `json:"url,omitempty"`
	Licence     string         `json:"licence,omitempty"`
	Attribution string         `json:"attribution,omitempty"`
	Grade       string         `json:"grade,omitempty" doc:"Admiralty reliability and usual credibility: A2."`
	On          bool           `json:"on"`
	Unverified  bool           `json:"unverified,omitempty"`
	Seeing      bool           `json:"seeing" doc:"It is on, was heard of, and is not too old."`
	EveryS      int64          `json:"every_s" doc:"Cadence, seconds."`
	AgeLimitS   int64          `json:"age_limit_s" doc:"Content older than this makes us blind, seconds."`
	LastPoll    time.Time      `json:"last_poll,omitzero"`
	LastOK      time.Time      `json:"last_ok,omitzero"`
	LastContent time.Time      `json:"last_content,omitzero" doc:"Newest time that the content itself states."`
	NextPoll    time.Time      `json:"next_poll,omitzero"`
	LastError   string         `json:"last_error,omitempty"`
	LastErrorAt time.Time      `json:"last_error_at,omitzero"`
	Failures    int            `json:"failures,omitempty" doc:"In a row."`
	OpenUntil   time.Time      `json:"open_until,omitzero" doc:"It is left alone until then."`
	BlindSince  time.Time      `json:"blind_since,omitzero"`
	Records     int            `json:"records"`
	Signals     int            `json:"signals"`
	Quarantined int            `json:"quarantined"`
	Linked      int            `json:"linked,omitempty" doc:"Documents that its index named and that are still to be fetched."`
	Lost        int            `json:"lost,omitempty" doc:"Documents that its index named and that were given up."`
	Hazards     []event.Hazard `json:"hazards,omitempty"`
	Countries   []string       `json:"countries,omitempty"`

	Record *desk.SourceRecord `json:"record,omitempty" doc:"How its earlier reports came out, for this organisation."`
}

func sourceOf(s desk.SourceStatus) source {
	return source{
		ID: s.ID, Name: s.Name, Kind: s.Kind, URL: s.URL, Licence: s.Licence, Attribution: s.Attribution, Grade: s.Grade, On: s.On,
		Unverified: s.Unverified, Seeing: s.On && !s.LastContent.IsZero() && s.BlindSince.IsZero(), EveryS: seconds(s.Every),
		AgeLimitS: seconds(s.AgeLimit), LastPoll: s.LastPoll, LastOK: s.LastOK, LastContent: s.LastContent, NextPoll: s.NextPoll,
		LastError: s.LastError, LastErrorAt: s.LastErrorAt, Failures: s.Failures, OpenUntil: s.OpenUntil, BlindSince: s.BlindSince,
		Records: s.Records, Signals: s.Signals, Quarantined: s.Quarantined, Hazards: s.Hazards, Countries: s.Countries, Linked: s.Linked, Lost: s.Lost, Record: s.Record,
	}
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// blindSpot is a hazard and place that we cannot see now.
type blindSpot struct {
	Project   string       `json:"project,omitempty" doc:"Id; missing = every project."`
	Name      string       `json:"name,omitempty" doc:"Of the project."`
	Family    event.Hazard `json:"family,omitempty" doc:"Missing: it is something of our own that could keep a warning from being given."`
	Since     time.Time    `json:"since,omitzero"`
	Reason    string       `json:"reason" doc:"source_silent, no_source, never_polled, source_behind or place_vague; of our own: nobody_told, all_muted, rule_fault, rule_failing, alert_unsaid, red_late, channel_misset, address_dead or flooded."`
	Source    string       `json:"source,omitempty" doc:"Name of the silent source; of the rule or the warning where that is at fault."`
	UsualS    int64        `json:"usual_s,omitempty" doc:"Its usual cadence, seconds."`
	AllOf     int          `json:"all_of" doc:"How many sources should see it."`
	StillSeen int          `json:"still_seen" doc:"How many still do: 0 = blind, more = weakened."`
}

func blindSpotOf(b desk.BlindSpot) blindSpot {
	return blindSpot{
		Project: b.Project.ID, Name: b.Project.Name, Family: b.Family, Since: b.Since, Reason: b.Reason, Source: b.Source,
		UsualS: seconds(b.Usual), AllOf: b.AllOf, StillSeen: b.StillSeen,
	}
}

// quarantined is a piece that could not become a signal.
type quarantined struct {
	ID     string    `json:"id"`
	Source string    `json:"source"`
	Record string    `json:"record" doc:"Hash of the record that it came in."`
	At     time.Time `json:"at"`
	Place  string    `json:"place"`
	Reason string    `json:"reason"`
	Raw    string    `json:"raw,omitempty" doc:"Its first 4,096 bytes. A stranger's text: never show it as HTML."`
}

type quarantineInput struct {
	Source string `query:"source" maxLength:"100"`
	Cursor
}

type switchInput struct {
	ByID
	Body struct {
		On bool `json:"on"`
	}
}

type recordInput struct {
	Hash string `path:"hash" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the bytes, in hex."`
}

func (s *server) sources() {
	add(s, operation{
		verb: http.MethodGet, path: "/sources", id: "list-sources", tag: "sources", scope: desk.CanRead, summary: "Sources and their health",
	}, func(ctx context.Context, who desk.Principal, in *Paging) (List[source], error) {
		rows, err := s.Reads.Sources(ctx, who)
		slices.SortFunc(rows, func(a, b desk.SourceStatus) int { return cmp.Compare(a.ID, b.ID) })
		return cut(*in, mapped(rows, sourceOf), func(x source) string { return x.ID }), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/sources/{id}", id: "get-source", tag: "sources", scope: desk.CanRead, summary: "One source and its health",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (source, error) {
		rows, err := s.Reads.Sources(ctx, who)
		if err != nil {
			return source{}, err
		}
		for _, r := range rows {
			if r.ID == in.ID {
				return sourceOf(r), nil
			}
		}
		return source{}, fmt.Errorf("source %.40q: %w", in.ID, fault.ErrNotFound)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/sources/{id}/switch", id: "switch-source", tag: "sources", scope: desk.CanAdmin,
		summary: "Switch a source on or off", example: map[string]any{"on": true},
	}, func(ctx context.Context, who desk.Principal, in *switchInput) (done, error) {
		return done{true}, s.Do.SetSource(ctx, who, in.ID, in.Body.On)
	})
	add(s, operation{
		verb: http.MethodPost, path: "/sources/{id}/poll", id: "poll-source", tag: "sources", scope: desk.CanAnswer, status: http.StatusAccepted,
		summary: "Ask a source now", about: "Never more often than its minimum interval allows.",
	}, func(ctx context.Context, who desk.Principal, in *ByID) (done, error) {
		return done{true}, s.Do.PollNow(ctx, who, in.ID)
	})
	add(s, operation{
		verb: http.MethodGet, path: "/blind", id: "list-blind-spots", tag: "sources", scope: desk.CanRead, summary: "Hazards and places that we cannot see now",
	}, func(ctx context.Context, who desk.Principal, _ *none) (List[blindSpot], error) {
		rows, err := s.Reads.Blind(ctx, who)
		return listOf(mapped(rows, blindSpotOf), ""), err
	})
	add(s, operation{
		verb: http.MethodGet, path: "/quarantine", id: "list-quarantine", tag: "sources", scope: desk.CanRead, summary: "Pieces that could not become signals, newest first",
	}, func(ctx context.Context, who desk.Principal, in *quarantineInput) (List[quarantined], error) {
		rows, next, err := s.Reads.Quarantine(ctx, who, in.Source, in.page())
		return listOf(mapped(rows, func(q desk.Quarantined) quarantined { return quarantined(q) }), next), err
	})
	s.records()
}

// records gives archived bytes as a download, never to be rendered: they are a stranger's.
func (s *server) records() {
	if s.Archive == nil {
		return
	}
	addFile(s, operation{
		verb: http.MethodGet, path: "/records/{hash}", id: "get-record", tag: "sources", scope: desk.CanRead, summary: "The bytes that a source sent",
		about: "After the retention time the answer is 410.", errors: []int{http.StatusGone}, file: "application/octet-stream",
	}, func(ctx context.Context, who desk.Principal, in *recordInput) (file, error) {
		if !who.May(desk.CanRead) {
			return file{}, missing(desk.CanRead)
		}
		body, err := s.Archive.RecordFor(ctx, who.Org, in.Hash)
		return file{Disposition: attachment("record-" + in.Hash[:12] + ".bin"), Body: body}, err
	})
}
