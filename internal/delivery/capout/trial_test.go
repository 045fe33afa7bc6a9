package capout

import (
	"errors"
	"testing"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
)

// TestATestIsMarkedAsOne: a partner's program must be able to tell it from a warning, and
// nothing of any project is in it.
func TestATestIsMarkedAsOne(t *testing.T) {
	t.Parallel()
	m := delivery.Message{
		Key: "tst_1", Purpose: "test", Subject: "Test from Watchfire", Text: "Nothing has happened.", Language: "en", At: deliverytest.Warning().At,
	}
	a, err := TestAlert(Config{Sender: "watch.example.org"}, m)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cap.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	back, _, err := cap.Parse(raw, cap.Options{})
	if err != nil || back.Status != cap.StatusTest || back.Scope == cap.ScopePublic || len(back.Infos) != 1 || back.Infos[0].Severity != cap.SeverityUnknown || len(back.Infos[0].Areas[0].Circles) != 0 {
		t.Errorf("%+v, %v", back, err)
	}
	c := New(nil, nil, nil) // no trial: the administrator hears why
	if _, err := c.Test(t.Context(), m); delivery.KindOf(err) != delivery.Misset || !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("without a trial: %v", err)
	}
	if _, err := TestAlert(Config{}, m); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("without a sender: %v", err)
	}
}
