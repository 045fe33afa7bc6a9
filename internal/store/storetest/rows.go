package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/store"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// rowTables are the tables that a batch may write.
var rowTables = []string{
	"record", "receipt", "idempotency", "answer_link", "signal", "quarantine", "source", "event", "event_revision", "event_signal", "event_matched", "exposure",
	"warning", "warning_revision", "suppression", "rule_would", "notification", "attempt", "escalation", "answer", "act", "journal", "journal_hash",
}

// TestRowsTogether: many rows that are committed together leave what they leave one batch
// after the other, those of one key as well, in more rows than a statement takes.
func TestRowsTogether(t *testing.T, empty Maker) {
	one, all := run(t, empty(t)), run(t, empty(t))
	whole := &watch.Batch{}
	for _, b := range rowByRow() {
		if err := one.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		join(whole, b)
	}
	if err := all.Commit(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	alike(t, one, all, rowTables)
	(&bench{T: t, db: all}).verifyJournal()
}

// TestOutcomesTogether: what many attempts came to leaves the same when it is stored together
// as one by one: of those that are no longer in hand, never began, or come twice as well.
func TestOutcomesTogether(t *testing.T, empty Maker) {
	one, all := posting(t, empty), posting(t, empty)
	for _, o := range ends(one) {
		one.finish(o)
	}
	all.finish(ends(all)...)
	alike(t, one.db, all.db, []string{"notification", "attempt", "remote_message", "remote_carried", "journal", "journal_hash"})
	for state, n := range map[response.State]int{response.Sent: 60, response.Failed: 20, response.Pending: 30, response.Delivered: 16} {
		if got := all.count("SELECT count(*) FROM notification WHERE state = ?", string(state)); got < n {
			t.Errorf("%d notifications are %s, want %d at least", got, state, n)
		}
	}
	all.verifyJournal()
}

// ends are the outcomes of 160 notifications that are in hand.
func ends(b *bench) []delivery.Outcome {
	b.Helper()
	var notes []response.Notification
	var ids []string
	for i := range 160 {
		notes = append(notes, b.note(fmt.Sprintf("n%03d", i), level.Orange, "c1", "sms"))
		ids = append(ids, notes[i].ID)
	}
	b.queue(notes...)
	got := b.claimed(ids...)
	slices.SortFunc(got, func(x, y delivery.Claimed) int { return strings.Compare(x.ID, y.ID) })
	var out []delivery.Outcome
	for i, c := range got {
		state, kind := response.Sent, delivery.FaultKind("")
		switch i % 8 {
		case 1:
			state, kind = response.Failed, delivery.Refused
		case 2, 3:
			state, kind = response.Pending, delivery.Retry
		case 4:
			state = response.Delivered
		case 5:
			state, kind = response.Failed, delivery.Misset
		}
		o := b.ended(c, state, kind, fmt.Sprint("m", i/3)) // one message carries three
		o.Detail, o.Struck, o.Unsent = fmt.Sprint("detail ", i), i%8 == 2, i%16 == 3
		if i%20 == 7 {
			o.Try++ // of an attempt that nobody knows
		}
		if o.Unsent {
			o.NextDue = b.clock().Add(time.Minute)
		}
		out = append(out, o)
		if i%10 == 2 { // it is told again, and otherwise
			again := b.ended(c, response.Sent, "", fmt.Sprint("again", i))
			out = append(out, again)
		}
	}
	return out
}

// alike wants tables to be alike in two databases, and not empty.
func alike(t *testing.T, one, all *store.DB, tables []string) {
	t.Helper()
	for _, table := range tables {
		want, got := dumped(t, one, table), dumped(t, all, table)
		if len(want) == 0 && table != "source" {
			t.Errorf("%s: nothing to compare", table)
		}
		for i := range max(len(want), len(got)) {
			if i >= len(want) || i >= len(got) || want[i] != got[i] {
				t.Errorf("%s: %d rows one by one, %d together; the first that differs:\n%s\n%s", table, len(want), len(got), nth(want, i), nth(got, i))
				break
			}
		}
	}
}

// join adds all lists of a batch to another's.
func join(to, from *watch.Batch) {
	dst, src := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for i := range dst.NumField() {
		if f := dst.Field(i); f.Kind() == reflect.Slice {
			f.Set(reflect.AppendSlice(f, src.Field(i)))
		}
	}
}

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "nothing"
}

// dumped is every row of a table as text, sorted.
func dumped(t *testing.T, db *store.DB, table string) []string {
	t.Helper()
	rows, err := db.Reader().QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		for i, v := range values {
			if raw, ok := v.([]byte); ok {
				v = string(raw)
			}
			fmt.Fprintf(&line, "%s=%q ", columns[i], fmt.Sprint(v))
		}
		out = append(out, line.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// rowByRow are batches of at most one row of each kind, whose keys come again: at once, after
// some others, and after more than a statement takes.
func rowByRow() []*watch.Batch {
	var out []*watch.Batch
	for i, key := range []int{0, 0, 1, 2, 1, 3, 4, 5, 0} {
		out = append(out, oneOfEach(i, key))
	}
	for i := 9; i < 150; i++ {
		out = append(out, oneOfEach(i, i))
	}
	return append(out, oneOfEach(150, 0), oneOfEach(151, 149))
}

// oneOfEach is the n-th batch, with one row of each kind under a key.
func oneOfEach(n, key int) *watch.Batch {
	now, k := began().Add(time.Duration(n)*time.Second), fmt.Sprint("k", key)
	e := &event.Event{
		ID: "evt_" + k, Org: "o", Hazard: "flood", Revision: 1, State: event.Ongoing, Title: fmt.Sprint("event ", n), Updated: now,
		Reports: []event.Standing{{Signal: "sig_" + k}, {Signal: fmt.Sprint("sig_of_", n)}},
	}
	w := &warning.Warning{
		ID: "wrn_" + k, Org: "o", Project: "p", Family: "flood", State: warning.Issued, Level: level.Level(1 + n%3), Revision: n + 1, OpenedAt: now, At: now, Fresh: now,
		Notify: n%2 == 0, Note: fmt.Sprint("warning ", n),
	}
	rows := []exposure.Exposure{{Event: e.ID, Revision: 1, Hazard: "flood", Project: "p", Asset: fmt.Sprint("a", n)}}
	if n%4 == 0 {
		rows = append(rows, exposure.Exposure{Event: e.ID, Revision: 1, Hazard: "flood", Project: fmt.Sprint("p", n), Asset: "b"})
	}
	told := response.Notification{
		ID: fmt.Sprint("ntf_", n), Org: "o", Warning: w.ID, Revision: w.Revision, Level: w.Level, Contact: "c", Channel: "email", Address: "a@example.org",
		Purpose: "alarm", State: []response.State{response.Pending, response.Sending, response.Muted}[n%3], Due: now,
	}
	digest := told
	digest.ID, digest.Warning, digest.Revision, digest.Contact, digest.Purpose, digest.State = "dig_"+k, "digest "+k, 1, "d", "digest", response.Pending
	done := watch.ReceiptDone{Source: "s", Items: n, Signals: 1, Content: now, At: now}
	return &watch.Batch{
		Records:       []watch.Raw{{Hash: "hash_" + k, Source: "s", Org: "o", URL: fmt.Sprint(n), Kind: "push", ContentType: "text/plain", At: now, Body: fmt.Append(nil, n), Done: done}},
		Delivered:     []watch.Delivered{{Org: "o", Key: k, Request: fmt.Sprint(n), At: now, Answer: []byte("{}")}},
		Links:         []watch.Link{{Hash: "link_" + k, Org: "o", Warning: w.ID, Contact: "c", Expires: now.Add(time.Hour)}},
		Signals:       []event.Signal{{ID: "sig_" + k, Org: "o", Source: "s", Key: fmt.Sprint(n), Received: now}},
		Quarantined:   []watch.Quarantined{{ID: "q_" + k, Source: "s", Org: "o", At: now, Place: fmt.Sprint(n), Reason: "r"}},
		Decisions:     decisions(now, n, e, rows, w),
		Notifications: []response.Notification{told, digest},
		Escalations:   []response.EscalationState{{Warning: w.ID, Org: "o", Revision: w.Revision, Step: n, State: response.Running, Due: []time.Time{{}, now}[n%2]}},
		Answers:       []watch.Answer{{ID: "ans_" + k, Org: "o", Warning: w.ID, Revision: 1, At: now, Kind: watch.HaveIt, By: fmt.Sprint(n)}},
		Acts:          []watch.Act{{Org: "o", At: now, What: "note", Subject: fmt.Sprint(n)}},
		Journal:       []journal.Draft{{At: now, Org: "o", Kind: journal.Queued, Actor: "system", Subject: told.ID}},
	}
}

// decisions are those of an event, either with all its rows or with those of one project, once
// without the event itself, and of a warning.
func decisions(now time.Time, n int, e *event.Event, rows []exposure.Exposure, w *warning.Warning) []watch.OrgDecision {
	of := watch.OrgDecision{Org: "o", Decision: watch.Decision{At: now.Add(time.Second), Event: e, Exposures: rows, Would: []string{fmt.Sprint("rule", n%5)}}}
	if n%3 == 1 {
		of.Rows, of.Exposures = &watch.RowsOf{Event: n != 1, Had: []string{"p"}}, rows[:1]
	}
	held := watch.Suppression{Event: e.ID, Project: "p", Family: "flood", Level: 1, Since: now, At: now, Lifted: n == 3}
	return []watch.OrgDecision{of, {Org: "o", Decision: watch.Decision{At: now, Warning: w, Suppressed: []watch.Suppression{held}}}}
}
