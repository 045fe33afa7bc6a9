package rota

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// zones lists every IANA zone that Go ships.
func zones(t *testing.T) []string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal("where Go is:", err)
	}
	r, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		if os.Getenv("WATCHFIRE_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip("no list of zones:", err)
	}
	defer r.Close()
	var out []string
	for _, f := range r.File {
		if !strings.HasSuffix(f.Name, "/") && f.Name != "Factory" && f.Name != "localtime" {
			out = append(out, f.Name)
		}
	}
	if len(out) < 400 {
		t.Fatalf("%d zones only", len(out))
	}
	return out
}

// changesOf lists the instants at which a zone's clock changes from 2025 to 2027.
func changesOf(zone *time.Location) []time.Time {
	var out []time.Time
	end := time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); ; {
		_, next := at.In(zone).ZoneBounds()
		if next.IsZero() || !next.Before(end) {
			return out
		}
		_, before := next.Add(-time.Second).In(zone).Zone()
		_, after := next.In(zone).Zone()
		if before != after {
			out = append(out, next)
		}
		at = next
	}
}

// TestEveryChangeOfEveryClock: around each change of each zone's clock from 2025 to 2027, at
// hand-over times before, inside and after the hour that is skipped or doubled, exactly one
// person is on duty at each instant, shifts join without gap or overlap, nobody hands over
// to oneself twice, and the clock shows the hand-over time unless it jumps over it.
func TestEveryChangeOfEveryClock(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, name := range zones(t) {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range changesOf(zone) {
			looked++
			for _, l := range []Layer{
				{HandOver: []string{"00:00", "02:30", "03:00", "12:00"}, Length: 1, Unit: Days},
				{HandOver: []string{"01:00", "02:00", "02:15"}, Length: 1, Unit: Days},
				{HandOver: []string{"02:30"}, Length: 1, Unit: Weeks},
				{HandOver: []string{"06:00"}, Length: 8, Unit: Hours},
				{HandOver: []string{"02:30"}, Length: 1, Unit: Hours},
				{HandOver: []string{"06:00"}, Length: 7, Unit: Hours},
			} {
				l.Name, l.Start = "all", dateOf(change.Add(-20*24*time.Hour), zone).String()
				l.Members = []Member{{Contact: "ann"}, {Contact: "ben"}, {Contact: "cho"}, {Contact: "dai"}, {Contact: "eve"}}
				joined(t, name, zone, change, Book{Rotas: []Rota{{Code: "r", Name: "R", Zone: name, Layers: []Layer{l}}}})
			}
		}
	}
	if looked < 300 {
		t.Errorf("%d changes looked at: the test looks at nothing", looked)
	}
}

func joined(t *testing.T, name string, zone *time.Location, change time.Time, b Book) {
	t.Helper()
	p, err := b.Ready("r")
	if err != nil {
		t.Fatal(name, err)
	}
	l := b.Rotas[0].Layers[0]
	from, to := change.Add(-26*time.Hour), change.Add(26*time.Hour)
	list := p.Shifts(from, to)
	last := from.UTC()
	for i, s := range list {
		at := s.From.In(zone)
		if !s.From.Equal(last) || !s.From.Before(s.To) || s.Gap() {
			t.Fatalf("%s %v %s: shift %d of %+v", name, l.HandOver, change, i, list)
		}
		if last = s.To; i == 0 {
			continue
		}
		if before := list[i-1]; s.Member == before.Member || s.turn <= before.turn {
			t.Fatalf("%s %v: %s hands over to %s at %s, turns %d, %d", name, l.HandOver, before.Member, s.Member, at, before.turn, s.turn)
		}
		if l.Unit == Hours && 24%l.Length != 0 {
			continue
		}
		shown := at.Format("15:04")
		onTime := contains(l.HandOver, shown) || l.Unit == Hours && strings.HasSuffix(shown, l.HandOver[0][2:])
		if !onTime && !s.From.Equal(change) {
			t.Fatalf("%s %v: hand-over at %s", name, l.HandOver, at)
		}
	}
	if !last.Equal(to) || l.Unit == Days && len(list) < 4 {
		t.Fatalf("%s %v: ends %s, want %s: %+v", name, l.HandOver, last, to, list)
	}
	for at := from; at.Before(to); at = at.Add(13 * time.Minute) { // one answer an instant, the same as the list's
		got, n := p.At(at), 0
		for _, s := range list {
			if !at.Before(s.From) && at.Before(s.To) && s.Member == got.Member {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("%s at %s: %s, in %d shifts", name, at, got.Member, n)
		}
	}
}

func TestWallWhereTheClockJumps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, wall, want string }{
		{"Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:00:00Z"}, // skipped: the change
		{"Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00Z"}, // doubled: the first
		{"Europe/Berlin", "2026-10-25 03:00", "2026-10-25T02:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30:00Z"}, // half an hour
		{"Africa/Casablanca", "2026-02-15 02:30", "2026-02-15T01:30:00Z"},
		{"Asia/Karachi", "2026-03-01 06:00", "2026-03-01T01:00:00Z"},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		u, err := time.Parse("2006-01-02 15:04", tt.wall)
		if err != nil {
			t.Fatal(err)
		}
		got := Wall(zone, u.Year(), u.Month(), u.Day(), u.Hour()*60+u.Minute())
		if got.Format(time.RFC3339) != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.zone, tt.wall, got.Format(time.RFC3339), tt.want)
		}
	}
}
