package storetest

import (
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// nothing is a catalogue without sources.
type nothing struct{}

func (nothing) Sources() []feed.Source            { return nil }
func (nothing) Source(string) (feed.Source, bool) { return feed.Source{}, false }

func reasons(t *testing.T, d *desk.Desk, who desk.Principal) []string {
	t.Helper()
	spots, err := d.Blind(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range spots {
		if s.Family == "" && s.Reason != "no_source" {
			out = append(out, s.Reason)
		}
	}
	return out
}

// TestAShiftIsTakenOverByName: until then every page says so, after fifteen minutes it is an
// alarm that the journal has once; a gap is one too, and so is a mute that grew old.
func TestAShiftIsTakenOverByName(t *testing.T, empty Maker) {
	t.Parallel()
	b := night(t, empty(t)) // 04:00
	ctx := t.Context()
	d := desk.New(desk.Config{Store: b.db, Catalogue: nothing{}, Now: b.clock, Witnesses: func() []desk.WitnessState { return nil }})
	who := desk.Principal{Account: "acc_1", Org: "o", Name: "Liu Yan", Scopes: desk.Administrator.Scopes()}
	if _, err := d.EditBook(ctx, who, 0, "rota duty", func(book rota.Book) (rota.Book, error) {
		book.Rotas = []rota.Rota{{Code: "duty", Name: "Duty", Zone: "UTC", Desk: true, Layers: []rota.Layer{{
			Name: "round", Members: []rota.Member{{Contact: "c1"}, {Contact: "c2"}}, Start: "2026-02-01", HandOver: []string{"06:00", "18:00"}, Length: 1, Unit: rota.Days, Until: "2026-03-03",
		}}}}
		return book, nil
	}); err != nil {
		t.Fatal(err)
	}
	b.pass(2*time.Hour + 5*time.Minute) // 06:05
	look := func(want string, alarms int) {
		t.Helper()
		for range 2 {
			if err := d.Overlook(ctx, "o"); err != nil {
				t.Fatal(err)
			}
		}
		got := reasons(t, d, who)
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || got[0] != want) {
			t.Errorf("the bar says %v, want %q", got, want)
		}
		if n := b.kinds(journal.DutyAlarm); n != alarms {
			t.Errorf("%d alarms in the journal, want %d", n, alarms)
		}
	}
	look("shift_open", 0)
	b.pass(15 * time.Minute)
	look("shift_alarm", 1)
	cards, err := d.HandOvers(ctx, who)
	if err != nil || len(cards) != 1 || !cards[0].Alarm || cards[0].Taken != nil || cards[0].Shift.Name != "One" || cards[0].Before.Name != "Two" {
		t.Fatalf("%+v, %v", cards, err)
	}
	if err := d.TakeOver(ctx, who, "duty", cards[0].Shift.From.Add(-12*time.Hour), ""); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a shift that is over was taken: %v", err)
	}
	reader := who
	reader.Scopes = desk.Reader.Scopes()
	if err := d.TakeOver(ctx, reader, "duty", cards[0].Shift.From, ""); !errors.Is(err, fault.ErrForbidden) {
		t.Errorf("a reader took over: %v", err)
	}
	if err := d.TakeOver(ctx, who, "duty", cards[0].Shift.From, "river"); err != nil {
		t.Fatal(err)
	}
	look("", 1)
	if b.kinds(journal.ShiftTaken) != 1 {
		t.Error("the journal does not know who took over")
	}
	if cards, err = d.HandOvers(ctx, who); err != nil || cards[0].Taken == nil || cards[0].Taken.By != "Liu Yan" || cards[0].Alarm {
		t.Errorf("%+v, %v", cards, err)
	}
	b.pass(48 * time.Hour) // the layer has ended
	look("rota_gap", 2)
	if _, err := d.UndoBook(ctx, who, 1); err != nil {
		t.Fatal(err)
	}
	look("", 2)
	mute := response.Mute{Org: "o", Contact: "c1", Project: "p", Channel: "email", Since: b.clock().Add(-8 * 24 * time.Hour), Until: b.clock().Add(24 * time.Hour), Actor: "c1"}
	if err := b.db.PutMute(ctx, mute); err != nil {
		t.Fatal(err)
	}
	look("mute_old", 3)
	b.verifyJournal()
}
