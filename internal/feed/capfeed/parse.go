package capfeed

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// Parse reads alerts: one, or a container of many. Entries of a feed that hold no alert
// are quarantined, and a feed of such entries only is an error: it is an index.
func Parse(in feed.Input) (feed.Result, error) { return parse(in, false, "") }

// ParseLinked reads the document behind an index entry that has spoken before: its alert
// supersedes the signal of the entry.
func ParseLinked(in feed.Input) (feed.Result, error) { return parse(in, false, linkKey(in.URL)) }

// ParseIndex reads an Atom or RSS index. Each entry with cap: elements becomes a signal of
// its own; with Follow every entry is returned as a link besides. Entries that belong to one
// alert (MeteoAlarm lists one for each area) become one signal whose note counts them.
func ParseIndex(in feed.Input) (feed.Result, error) { return parse(in, true, "") }

// reader gathers the result of one record.
type reader struct {
	in      feed.Input
	res     feed.Result
	entry   string // key of the entry that pointed here; "" = none
	seen    map[string]int
	version map[string]bool
	headed  bool // a quarantined piece carries the head of the record
}

func parse(in feed.Input, index bool, entry string) (feed.Result, error) {
	r := &reader{in: in, entry: entry, seen: map[string]int{}, version: map[string]bool{}}
	if err := bounded(in.Body); err != nil {
		return feed.Result{}, fmt.Errorf("parse %s alerts: %w", in.Source.ID, err)
	}
	list, listErr := cap.ParseIndex(in.Body)
	if index && listErr != nil {
		return feed.Result{}, fmt.Errorf("parse %s index: %w", in.Source.ID, listErr)
	}
	if listErr == nil {
		r.content(list.Updated)
	}
	if !index || embeds(list) {
		pieces, err := cap.ParseAll(in.Body)
		if err != nil {
			return feed.Result{}, fmt.Errorf("parse %s alerts: %w", in.Source.ID, err)
		}
		for _, p := range pieces {
			r.piece(p)
		}
	}
	switch {
	case listErr != nil:
	case index:
		r.entries(list)
	case r.res.Items == 0 && len(list.Entries) > 0:
		return feed.Result{}, fmt.Errorf("parse %s alerts: %d entries and no alert, this is an index: %w", in.Source.ID, len(list.Entries), fault.ErrInvalid)
	default:
		for _, e := range list.Entries {
			if !e.Embedded {
				r.res.Items++
				r.drop(e.Path, errors.New("entry without an alert in a feed of alerts"), nil)
			}
		}
	}
	return r.res, nil
}

// maxPieces is how many alerts and entries one record may hold; the largest seen has 381.
const maxPieces = 20_000

// bounded refuses a record whose parts would cost far more memory than its bytes.
func bounded(body []byte) error {
	if err := scan.Size(body); err != nil {
		return err
	}
	n := 0
	for _, name := range [...]string{"alert", "entry", "item"} {
		n += bytes.Count(body, []byte("<"+name)) + bytes.Count(body, []byte(":"+name))
	}
	if n += bytes.Count(body, []byte(`"alert"`)); n > 2*maxPieces { // a prefixed name counts at its end tag too
		return fmt.Errorf("about %d alerts and entries, at most %d: %w", n, maxPieces, fault.ErrTooLarge)
	}
	return nil
}

func embeds(list *cap.Index) bool {
	for _, e := range list.Entries {
		if e.Embedded {
			return true
		}
	}
	return false
}

// piece takes one alert of a container.
func (r *reader) piece(p cap.Piece) {
	r.res.Items++
	if p.Err != nil {
		r.drop(p.Path, p.Err, nil)
		return
	}
	s, err := r.adapt(p.Alert, p.Problems)
	if err != nil {
		r.drop(p.Path, err, nil)
		return
	}
	if r.entry != "" {
		s.References = append(s.References, r.entry)
		s.Links = append([]string{r.in.URL}, s.Links...)
	}
	r.keep(p.Path, s)
}

// keep files a signal. An identifier is used once (CAP 1.2 §3.2.1). A second alert of the
// same key is a copy when it says the same; when it says something else it may be about
// another area, and gets a key of its own that the first one's followers do not end.
func (r *reader) keep(path string, s event.Signal) {
	n := r.seen[s.Key]
	r.seen[s.Key] = n + 1
	if r.version[s.Key+"\n"+s.Version] {
		r.drop(path, fmt.Errorf("a copy of alert %s, which stands in this record already", s.Key), nil)
		return
	}
	r.version[s.Key+"\n"+s.Version] = true
	if n > 0 {
		s.Aliases = append(s.Aliases, s.Key)
		s.Key = fmt.Sprintf("%s#%d", s.Key, n+1)
		s.Notes = append(s.Notes, "the identifier stands for another alert of this record too")
	}
	r.res.Signals = append(r.res.Signals, feed.Fill(r.in, s))
	r.content(s.Published)
}

// drop quarantines a piece. Where its own bytes are not known, the first such piece keeps
// the head of the record and the others their place in it: the record itself is archived,
// and thousands of copies would cost more than they tell.
func (r *reader) drop(path string, err error, raw []byte) {
	if raw == nil && !r.headed {
		raw, r.headed = r.in.Body, true
	}
	r.res.Quarantined = append(r.res.Quarantined, feed.Quarantine{Place: path, Reason: plain(err.Error(), 500), Raw: scan.Raw(raw)})
}

// content notes a time that the source states. One that lies beyond the arrival of the
// record is wrong (a forecast, a broken clock) and would hide that the source has gone stale.
func (r *reader) content(t time.Time) {
	t, err := scan.Sane(t)
	if err != nil || (!r.in.Received.IsZero() && t.After(r.in.Received.Add(time.Hour))) {
		return
	}
	if t.After(r.res.Content) {
		r.res.Content = t
	}
}
