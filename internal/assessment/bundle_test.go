package assessment

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestBundle(t *testing.T) {
	t.Parallel()
	m := Default()
	s := world(t, 2, 10)
	raw, err := s.Canonical(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Assess(context.Background(), m, s, 2)
	if err != nil {
		t.Fatal(err)
	}
	method, reference := Files()
	b := Bundle{Run: "r", Method: string(method), Reference: string(reference), Snapshot: string(raw)}
	for _, r := range out {
		body, _ := r.Canonical()
		b.Results = append(b.Results, string(body))
	}
	file, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadBundle(file)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := back.Verify(context.Background(), 1); err != nil || !v.Same || v.Units != len(out) {
		t.Errorf("%+v, %v", v, err)
	}
	for name, change := range map[string]func(*Bundle){
		"a result": func(b *Bundle) {
			i := slices.IndexFunc(b.Results, func(r string) bool { return strings.Contains(r, `"project:P001"`) })
			b.Results[i] = strings.Replace(b.Results[i], `"score":`, `"score":1`, 1)
		},
		"an input": func(b *Bundle) { b.Snapshot = strings.Replace(b.Snapshot, `"seed":42`, `"seed":43`, 1) },
		"left out": func(b *Bundle) { b.Results = b.Results[1:] },
	} {
		changed := back
		changed.Results = slices.Clone(back.Results)
		change(&changed)
		if v, err := changed.Verify(context.Background(), 2); err != nil || v.Same {
			t.Errorf("%s was changed, and nobody saw it: %+v, %v", name, v, err)
		}
	}
	changed := back
	changed.Method = strings.Replace(changed.Method, "override_gap: 1.5", "override_gap: 2", 1)
	if _, err := changed.Verify(context.Background(), 1); err == nil {
		t.Error("another method was taken for the one of the inputs")
	}
}

func FuzzReadBundle(f *testing.F) {
	f.Add([]byte(`{"method":"x","snapshot":"{}"}`))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = ReadBundle(raw) })
}
