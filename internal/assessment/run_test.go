package assessment

import (
	"bytes"
	"context"
	"testing"
)

func TestSmoke(t *testing.T) {
	s := world(t, 20, 200)
	out, err := Assess(context.Background(), Default(), s, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out {
		t.Logf("%-16s %.2f %-9s [%.2f %.2f] rank %d/%d conf %s %.2f share %.2f  %v", r.Unit, r.Score, r.Class, r.Low, r.High, r.Rank, r.Of, r.Confidence.Word, r.Confidence.Score, r.ClassShare, r.Sensitivity)
		if r.Unit == "project:P003" || r.Unit == "country:ML" {
			raw, _ := r.Canonical()
			t.Logf("%s", raw)
		}
	}
	_ = bytes.Equal
}

func BenchmarkFull(b *testing.B) {
	s := world(b, 500, 1000)
	b.Logf("%d units", len(s.Units))
	for b.Loop() {
		if _, err := Assess(context.Background(), Default(), s, 2); err != nil {
			b.Fatal(err)
		}
	}
}
