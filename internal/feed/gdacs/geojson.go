package gdacs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// SniffGeoJSON tells whether body looks like the event map.
func SniffGeoJSON(body []byte) bool {
	head := scan.Trim(body)
	head = head[:min(len(head), 16<<10)]
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"eventtype"`)) &&
		bytes.Contains(bytes.ToLower(head), []byte("gdacs"))
}

// ParseGeoJSON reads the event map. Features of one event and episode are joined.
func ParseGeoJSON(in feed.Input) (feed.Result, error) {
	r, _, err := parseGeoJSON(in)
	return r, err
}

// parseGeoJSON also returns how many features went into signals, so that tests can compare
// it with the number in the file.
func parseGeoJSON(in feed.Input) (r feed.Result, used int, err error) {
	body := scan.Trim(in.Body)
	if err := scan.JSON(body); err != nil {
		return r, 0, fmt.Errorf("read GDACS event map: %w", err)
	}
	pieces, err := scan.Split(body, "features")
	if err != nil {
		return r, 0, fmt.Errorf("read GDACS event map: %w", err)
	}
	r.Items = len(pieces.Items)
	drop := func(where string, err error, raw []byte) {
		r.Quarantined = append(r.Quarantined, feed.Quarantine{Place: where, Reason: scan.Text(err.Error()), Raw: scan.Raw(raw)})
	}
	for _, g := range group(pieces.Items, drop) {
		s, count, err := g.signal(drop)
		if base := g.base(); err != nil && base.Properties.Class == centroid && len(g.members) > 1 {
			// The areas repeat what the centroid says of the event: try without it.
			drop(base.where, fmt.Errorf("%s: %w", g.id, err), base.raw)
			g.members = slices.DeleteFunc(g.members, func(m *member) bool { return m == base || m.dropped })
			if len(g.members) == 0 {
				continue
			}
			s, count, err = g.signal(drop)
		}
		if err != nil {
			for _, m := range g.members {
				if !m.dropped {
					drop(m.where, fmt.Errorf("%s: %w", g.id, err), m.raw)
				}
			}
			continue
		}
		used += count
		latest := s.Published
		if latest.IsZero() {
			latest, _ = optional("todate", string(g.base().Properties.To))
		}
		if latest.After(r.Content) && (in.Received.IsZero() || !latest.After(in.Received)) {
			r.Content = latest
		}
		r.Signals = append(r.Signals, feed.Fill(in, s))
	}
	if pieces.Rest != nil {
		r.Items++
		drop(fmt.Sprintf("features[%d]", len(pieces.Items)), fmt.Errorf("the document breaks off here: %w", fault.ErrInvalid), pieces.Rest)
	}
	return r, used, nil
}

const centroid = "Point_Centroid"

// member is one feature of an event.
type member struct {
	feature
	where   string
	raw     []byte
	dropped bool // quarantined on its own
}

// episode is all features of one episode of an event, in the order of the file.
type episode struct {
	id      string // type, event and episode as the feature ids begin: "TC10012726"
	kind    string
	event   string
	number  string
	members []*member
}

// group reads the features and joins them by event type, event and episode. Only centroids
// carry the numbers; other features have them in their link, or else run together at the
// beginning of their id, where they are recognised by the events that are known.
func group(items [][]byte, drop func(string, error, []byte)) []*episode {
	var order []*episode
	byID, byBeginning := make(map[[3]string]*episode), make(map[string]*episode)
	var orphans []*member
	for i, raw := range items {
		m := &member{where: fmt.Sprintf("features[%d]", i), raw: raw}
		if err := json.Unmarshal(raw, &m.feature); err != nil {
			drop(m.where, fmt.Errorf("%w: %w", err, fault.ErrInvalid), raw)
			continue
		}
		kind, event, number := m.numbers()
		if kind == "" || event == "" {
			orphans = append(orphans, m)
			continue
		}
		e := byID[[3]string{kind, event, number}]
		if e == nil {
			e = &episode{id: kind + event + number, kind: kind, event: event, number: number}
			byID[[3]string{kind, event, number}] = e
			if _, twice := byBeginning[e.id]; twice {
				byBeginning[e.id] = nil // event 100, episode 12 reads like event 1001, episode 2
			} else {
				byBeginning[e.id] = e
			}
			order = append(order, e)
		}
		e.members = append(e.members, m)
	}
	for _, m := range orphans {
		if e := beginning(byBeginning, string(m.ID)); e != nil {
			e.members = append(e.members, m)
		} else {
			drop(m.where, fmt.Errorf("feature %q names no event of this record: %w", scan.Printable([]byte(m.ID)), fault.ErrInvalid), m.raw)
		}
	}
	return order
}

// numbers returns event type, event and episode from the properties, else from the link.
func (m *member) numbers() (kind, event, number string) {
	p := m.Properties
	kind, event, number = strings.TrimSpace(string(p.Type)), strings.TrimSpace(string(p.Event)), strings.TrimSpace(string(p.Episode))
	if event != "" && number != "" && kind != "" {
		return kind, event, number
	}
	link, err := url.Parse(strings.ReplaceAll(string(p.Link), "&amp;", "&"))
	if err != nil {
		return kind, event, number
	}
	q := link.Query()
	return first(kind, q.Get("eventtype")), first(event, q.Get("eventid")), first(number, q.Get("episodeid"))
}

// beginning finds the episode whose run-together numbers begin the id; nil when there is
// none or more than one.
func beginning(known map[string]*episode, id string) *episode {
	for n := min(len(id), 40); n > 3; n-- {
		e := known[id[:n]]
		if e != nil && (n == len(id) || id[n] < '0' || id[n] > '9') {
			return e
		}
	}
	return nil
}

// base is the feature whose properties speak for the event: the centroid if there is one.
func (e *episode) base() *member {
	for _, m := range e.members {
		if m.Properties.Class == centroid {
			return m
		}
	}
	return e.members[0]
}
