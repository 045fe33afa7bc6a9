package storetest

import (
	"testing"
	"time"

	"watchfire.dev/internal/pulse"
)

// TestVitals: the newest success and failure of a channel count, whoever tells them and in
// whatever order; an empty database has facts too.
func TestVitals(t *testing.T, empty Maker) {
	db := start(t, empty(t), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)).db
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f, err := db.Vitals(t.Context(), now)
	if err != nil || len(f.Channels) != 0 || !f.At.Equal(now) || f.Overdue != 0 {
		t.Fatalf("facts of an empty database: %+v, %v", f, err)
	}
	for _, c := range []pulse.ChannelFact{
		{Name: "sms", Proven: now.Add(-time.Hour)},
		{Name: "email", Proven: now},
		{Name: "sms", Failed: now.Add(-time.Minute), Error: "502"},
		{Name: "sms", Failed: now.Add(-2 * time.Minute), Error: "older"},
		{Name: "sms", Proven: now.Add(-2 * time.Hour)},
	} {
		if err := db.NoteChannel(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if f, err = db.Vitals(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	want := []pulse.ChannelFact{{Name: "email", Proven: now}, {Name: "sms", Proven: now.Add(-time.Hour), Failed: now.Add(-time.Minute), Error: "502"}}
	if len(f.Channels) != 2 || f.Channels[0] != want[0] || f.Channels[1] != want[1] {
		t.Errorf("channels %+v\nwant %+v", f.Channels, want)
	}
	if err := db.Touch(t.Context(), "p", now); err != nil {
		t.Error(err)
	}
}
