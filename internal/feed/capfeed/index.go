package capfeed

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// linkKey is the key of a report that is known by its link only.
func linkKey(link string) string {
	if link == "" {
		return ""
	}
	return "cap-link:" + shortened(link)
}

// a told is the alert that one or more entries tell of.
type told struct {
	alert    *cap.Alert
	problems []cap.Problem
	path     string
	link     string
	entries  int
	infos    map[string]int // where an info that differs in its areas only stands
}

// entries takes the entries that hold no alert themselves.
func (r *reader) entries(list *cap.Index) {
	var alerts []*told
	byKey := map[string]*told{}
	links := map[string]bool{}
	for i := range list.Entries {
		e := &list.Entries[i]
		r.content(e.Updated)
		if e.Embedded {
			continue
		}
		r.res.Items++
		link := r.absolute(e.Link)
		alert, problems, err := r.speak(e)
		switch {
		case err == nil:
			key := alert.Key()
			if r.in.Source.Follow && link != "" {
				key = linkKey(link)
			}
			t := byKey[key]
			if t == nil {
				t = &told{path: e.Path, link: link, infos: map[string]int{}}
				byKey[key], alerts = t, append(alerts, t)
			}
			t.add(alert, problems)
		case r.in.Source.Follow && link != "" && !links[link]:
			links[link] = true
			r.res.Links = append(r.res.Links, feed.Link{URL: link, Kind: Kind})
		case r.in.Source.Follow && link != "":
			r.drop(e.Path, fmt.Errorf("another entry has the same link: %s", link), nil)
		default:
			r.drop(e.Path, err, nil)
		}
	}
	for _, t := range alerts {
		r.told(t)
	}
	r.lost(list)
}

// speak makes an alert of an entry that has something of its own to say.
func (r *reader) speak(e *cap.Entry) (*cap.Alert, []cap.Problem, error) {
	switch {
	case e.HasCAP:
		return e.Alert()
	case e.Link == "":
		return nil, nil, errors.New("entry without link and without elements of CAP")
	case !r.in.Source.Follow:
		return nil, nil, errors.New("entry tells nothing of CAP, and the source does not follow its links")
	}
	return nil, nil, errors.New("entry has no link that can be followed")
}

// told makes the signal of one alert that entries tell of, and its link.
func (r *reader) told(t *told) {
	s, err := r.adapt(t.alert, t.problems)
	follow := r.in.Source.Follow && t.link != ""
	if err != nil {
		for range t.entries {
			r.drop(t.path, err, nil)
		}
		if follow { // the document may be better than its entry
			r.res.Links = append(r.res.Links, feed.Link{URL: t.link, Kind: Kind})
		}
		return
	}
	note := "told by an entry of an index, which leaves out what it does not need"
	if t.entries > 1 {
		note = fmt.Sprintf("told by %d entries of an index", t.entries)
	}
	s.Notes = append(s.Notes, note)
	if t.link != "" {
		s.Links = append([]string{t.link}, s.Links...)
	}
	if follow {
		s.Aliases, s.Key = append(s.Aliases, s.Key), linkKey(t.link)
		r.res.Links = append(r.res.Links, feed.Link{URL: t.link, Kind: KindLinked, Key: s.Key})
	}
	r.keep(t.path, s)
}

// add joins what another entry tells of the same alert: an info that says the same of
// another area gives its area to the first.
func (t *told) add(a *cap.Alert, problems []cap.Problem) {
	t.entries++
	for _, p := range problems {
		// What an index leaves out is its nature, not a fault, and entries of one writer
		// depart from the standard in the same ways.
		if t.entries <= 3 && !strings.Contains(p.Reason, "stands in") && !strings.Contains(p.Reason, "required element is missing") {
			t.problems = append(t.problems, p)
		}
	}
	if t.alert == nil {
		t.alert = a
		a.Infos = slices.Clone(a.Infos)
		for i := range a.Infos {
			t.infos[sayings(&a.Infos[i])] = i
		}
		return
	}
	for _, in := range a.Infos {
		at, ok := t.infos[sayings(&in)]
		if !ok {
			t.infos[sayings(&in)] = len(t.alert.Infos)
			t.alert.Infos = append(t.alert.Infos, in)
			continue
		}
		first := &t.alert.Infos[at]
		first.Headline = common(first.Headline, in.Headline, first.Event)
		first.Areas = append(first.Areas, in.Areas...)
	}
}

// sayings is what an info says apart from where and from its headline, which names the
// place in MeteoAlarm's feeds.
func sayings(in *cap.Info) string {
	return strings.Join([]string{
		in.Language, in.Event, string(in.Urgency), string(in.Severity), string(in.Certainty),
		in.Onset.UTC().String(), in.Effective.UTC().String(), in.Expires.UTC().String(),
	}, "\n")
}

// common is the beginning that two headlines share, up to a whole word; the event when
// that is too short to say anything.
func common(a, b, event string) string {
	if a == b {
		return a
	}
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	head := a[:n]
	if !(n == len(a) || a[n] == ' ') || !(n == len(b) || b[n] == ' ') { // inside a word
		head = head[:max(0, strings.LastIndexByte(head, ' '))]
	}
	if dash := strings.LastIndex(head, " - "); dash > 0 { // "Germany - Kreis": half a name
		head = head[:dash]
	}
	if head = strings.Trim(head, " -,:;"); len(head) >= 15 {
		return strings.ToValidUTF8(head, "")
	}
	return event
}

// lost quarantines the entries behind a fault of the XML, each with its own bytes.
func (r *reader) lost(list *cap.Index) {
	for _, p := range list.Problems {
		if !strings.HasPrefix(p.Reason, "reading ended") {
			continue
		}
		pieces := scan.Elements(r.in.Body, "entry")
		if len(pieces) == 0 {
			pieces = scan.Elements(r.in.Body, "item")
		}
		if len(pieces) <= len(list.Entries) { // the fault stands between or behind the entries
			r.res.Items++
			r.drop(p.Path, errors.New(p.Reason), nil)
			return
		}
		for _, piece := range pieces[len(list.Entries):] {
			r.res.Items++
			r.drop(fmt.Sprintf("entry at byte %d", piece.Offset), errors.New(p.Reason), piece.Raw)
		}
		return
	}
}

// absolute resolves a link against the address of the index; "" when it leads to no
// document on the web.
func (r *reader) absolute(link string) string {
	u, err := url.Parse(link)
	if err != nil || link == "" || len(link) > 2000 {
		return ""
	}
	if base, err := url.Parse(r.in.URL); err == nil && base.IsAbs() {
		u = base.ResolveReference(u)
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return ""
	}
	return u.String()
}
