package backup

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// conform is what every place must do.
func conform(t *testing.T, p Place) {
	t.Helper()
	ctx := t.Context()
	if _, err := p.Get(ctx, "none"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
	if err := p.Put(ctx, "a-1", strings.NewReader("one"), 3); err != nil {
		t.Fatal(err)
	}
	if err := p.Put(ctx, "a-2", strings.NewReader("two"), 30); err == nil {
		t.Error("a file that was cut short was stored")
	}
	if err := p.Put(ctx, "b-1", strings.NewReader(""), 0); err != nil {
		t.Fatal(err)
	}
	if names, err := p.List(ctx, "a-"); err != nil || !slices.Equal(names, []string{"a-1"}) {
		t.Errorf("list %q, %v", names, err)
	}
	r, err := p.Get(ctx, "a-1")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(raw) != "one" {
		t.Errorf("read %q, %v", raw, err)
	}
	if err := p.Remove(ctx, "a-1"); err != nil {
		t.Fatal(err)
	}
	if names, err := p.List(ctx, "a-"); err != nil || len(names) != 0 {
		t.Errorf("after the removal %q, %v", names, err)
	}
}

func folder(t *testing.T) Folder {
	t.Helper()
	f, err := NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFolder(t *testing.T) {
	t.Parallel()
	conform(t, folder(t))
}

// take stores a backup; one that is not finished has no manifest.
func take(t *testing.T, p Place, at time.Time, finished bool) {
	t.Helper()
	m := Manifest{Version: 1, TakenAt: at, File: File(at), Bytes: 4}
	if err := p.Put(t.Context(), m.File, strings.NewReader("data"), 4); err != nil {
		t.Fatal(err)
	}
	if err := PutKey(t.Context(), p, m, []byte("key")); err != nil {
		t.Fatal(err)
	}
	if finished {
		if err := Finish(t.Context(), p, m); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNewest: only what is finished counts, and a point in time means the one before it.
func TestNewest(t *testing.T) {
	t.Parallel()
	p := folder(t)
	if _, err := Newest(t.Context(), p, time.Time{}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("no backup: %v", err)
	}
	take(t, p, noon, true)
	take(t, p, noon.Add(time.Hour), true)
	take(t, p, noon.Add(2*time.Hour), false)
	for _, tt := range []struct{ at, want time.Time }{
		{time.Time{}, noon.Add(time.Hour)},
		{noon.Add(time.Hour), noon.Add(time.Hour)},
		{noon.Add(59 * time.Minute), noon},
	} {
		if m, err := Newest(t.Context(), p, tt.at); err != nil || !m.TakenAt.Equal(tt.want) {
			t.Errorf("at %s: %s, %v", tt.at, m.TakenAt, err)
		}
	}
	if _, err := Newest(t.Context(), p, noon.Add(-time.Second)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("before all of them: %v", err)
	}
}

// TestTidy: the newest of each hour, day and week stays, the newest of all always, and what
// was begun lately is left alone.
func TestTidy(t *testing.T) {
	t.Parallel()
	p := folder(t)
	var all []time.Time
	for h := range 24 * 20 {
		all = append(all, noon.Add(-time.Duration(h)*time.Hour))
		take(t, p, all[h], true)
	}
	take(t, p, noon.Add(-30*time.Hour-time.Minute), false)
	take(t, p, noon.Add(time.Minute), false)
	k := Keep{Hours: 3, Days: 2, Weeks: 2}
	if _, err := Tidy(t.Context(), p, k, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	names, err := p.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, n := range names {
		if at, ok := taken(n); ok {
			left = append(left, at.Format("02T15"))
		}
	}
	// 4 March 2026 is a Wednesday: the week before ends on Sunday, 1 March.
	if want := []string{"01T23", "03T23", "04T10", "04T11", "04T12"}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
	if len(names) != 5*3+2 {
		t.Errorf("files left: %q", names)
	}
	if _, err := Tidy(t.Context(), p, Keep{}, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if m, err := Newest(t.Context(), p, time.Time{}); err != nil || !m.TakenAt.Equal(noon) {
		t.Errorf("the newest is gone: %v", err)
	}
}

func FuzzReadManifest(f *testing.F) {
	f.Add([]byte(`{"version":1,"file":"watchfire-20260304T120000.000Z.db"}`))
	f.Add([]byte(`{"version":1,"file":"watchfire-/../../x.db"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ReadManifest(bytes.NewReader(raw))
		if err == nil && strings.ContainsAny(m.File, `/\`) {
			t.Errorf("%q would leave its folder", m.File)
		}
	})
}
