package storetest

import (
	"errors"
	"testing"
	"time"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
)

// TestDevices: one device for each name of a contact; one that is gone takes no newer one
// with it.
func TestDevices(t *testing.T, empty Maker) {
	b := start(t, empty(t), time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	ctx, now := t.Context(), b.clock()
	entry := func() journal.Draft {
		return journal.Draft{At: b.clock(), Org: "o", Kind: journal.ContactDevice, Actor: "ann", Subject: "c1", Body: []byte(`{"device":"subscribed"}`)}
	}
	for _, d := range []desk.Device{
		{Contact: "c1", Name: "phone", Subscription: "old", Created: now.Add(-time.Hour), Worked: now.Add(-time.Minute)},
		{Contact: "c1", Name: "phone", Subscription: "new", Created: now},
		{Contact: "c1", Name: "desk", Subscription: "d", Created: now},
		{Contact: "c2", Name: "phone", Subscription: "other", Created: now},
	} {
		if err := b.db.PutDevice(ctx, "o", d, entry()); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.db.DropDevice(ctx, "o", "c1", "phone", "old"); err != nil {
		t.Fatal(err)
	}
	if err := b.db.DeviceWorked(ctx, "o", "c1", "phone", now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	got, err := b.db.Devices(ctx, "o", "c1")
	if err != nil || len(got) != 2 || got[0].Name != "desk" || !got[0].Worked.IsZero() || got[1].Subscription != "new" || !got[1].Worked.Equal(now.Add(time.Second)) {
		t.Fatalf("%+v, %v", got, err)
	}
	if d, err := b.db.Device(ctx, "o", "c1", "phone"); err != nil || d != got[1] {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := b.db.Device(ctx, "elsewhere", "c1", "phone"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another organisation's device: %v", err)
	}
	if err := b.db.DropDevice(ctx, "o", "c1", "phone", "new"); err != nil {
		t.Fatal(err)
	}
	if err := b.db.ForgetDevice(ctx, "o", "c1", "phone", entry()); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("forget what is gone: %v", err)
	}
	if err := b.db.ForgetDevice(ctx, "o", "c1", "desk", entry()); err != nil || b.kinds(journal.ContactDevice) != 5 {
		t.Errorf("forget: %v, %d entries", err, b.kinds(journal.ContactDevice))
	}
	b.verifyJournal()
}
