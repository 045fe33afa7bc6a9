package cap_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/cap"
)

func TestParseReferences(t *testing.T) {
	t.Parallel()
	five := time.Date(2026, 1, 5, 5, 0, 0, 0, time.UTC)
	ref := func(sender, id string) cap.Reference {
		return cap.Reference{Sender: sender, Identifier: id, Sent: five}
	}
	for _, c := range []struct {
		name, text string
		want       []cap.Reference
		bad        int
	}{
		{"one", "a,1,2026-01-05T05:00:00-00:00", []cap.Reference{ref("a", "1")}, 0},
		{"odd spacing", "\n\t a,1,2026-01-05T05:00:00-00:00 \r\n\n b,2,2026-01-05T05:00:00Z ", []cap.Reference{ref("a", "1"), ref("b", "2")}, 0},
		{"space at commas", "a, 1 , 2026-01-05T05:00:00-00:00 b,2,2026-01-05T05:00:00-00:00", []cap.Reference{ref("a", "1"), ref("b", "2")}, 1},
		{"space in sender", "KMA SEOUL,1,2026-01-05T05:00:00-00:00", []cap.Reference{ref("KMA SEOUL", "1")}, 1},
		{"one of two whole", "junk,x a,1,2026-01-05T05:00:00-00:00", []cap.Reference{ref("a", "1")}, 1},
		{"no time", "a,1", nil, 1},
		{"empty", "  ", nil, 0},
		{"empty parts", ",,2026-01-05T05:00:00-00:00", nil, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, bad := cap.ParseReferences(c.text)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("references (-want +got):\n%s", diff)
			}
			if len(bad) != c.bad {
				t.Errorf("bad %q, want %d", bad, c.bad)
			}
		})
	}
}

func TestKeyIsTheSameInEveryOffset(t *testing.T) {
	t.Parallel()
	a := cap.Alert{Sender: "a", Identifier: "1", Sent: time.Date(2026, 1, 5, 10, 0, 0, 0, time.FixedZone("", 5*3600))}
	refs, _ := cap.ParseReferences("a,1,2026-01-05T05:00:00Z a,1,2026-01-05T00:00:00-05:00")
	for _, r := range refs {
		if r.Key() != a.Key() || r.Key() != "a,1,2026-01-05T05:00:00-00:00" {
			t.Errorf("key %q, alert %q", r.Key(), a.Key())
		}
	}
	if got := cap.FormatReferences(refs); got != "a,1,2026-01-05T05:00:00-00:00 a,1,2026-01-05T00:00:00-05:00" {
		t.Errorf("written %q", got)
	}
}

func TestSupersedes(t *testing.T) {
	t.Parallel()
	a := cap.Alert{MsgType: cap.MsgAck, References: []cap.Reference{{Sender: "a", Identifier: "1", Sent: time.Unix(0, 0)}}}
	if got := a.Supersedes(); got != nil {
		t.Errorf("an acknowledgement supersedes %q", got)
	}
	for _, m := range []cap.MsgType{cap.MsgUpdate, cap.MsgCancel} {
		a.MsgType = m
		if diff := cmp.Diff([]string{"a,1,1970-01-01T00:00:00-00:00"}, a.Supersedes()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", m, diff)
		}
	}
}

func TestAwareness(t *testing.T) {
	t.Parallel()
	with := func(name, value string) *cap.Info {
		return &cap.Info{Parameters: []cap.Pair{{Name: "other", Value: "9"}, {Name: name, Value: value}}}
	}
	for _, c := range []struct {
		value string
		want  cap.AwarenessLevel
		ok    bool
	}{
		{"2; yellow; Moderate", cap.AwarenessLevel{Level: 2, Colour: "yellow", Word: "Moderate"}, true},
		{"4;Red", cap.AwarenessLevel{Level: 4, Colour: "red"}, true},
		{" 1 ", cap.AwarenessLevel{Level: 1, Colour: "green"}, true},
		{"2; red; Severe", cap.AwarenessLevel{}, false},
		{"5; purple", cap.AwarenessLevel{}, false},
		{"yellow", cap.AwarenessLevel{}, false},
		{"", cap.AwarenessLevel{}, false},
	} {
		if got, ok := with("awareness_level", c.value).AwarenessLevel(); got != c.want || ok != c.ok {
			t.Errorf("level %q: %+v %v", c.value, got, ok)
		}
	}
	for _, c := range []struct {
		value string
		want  cap.AwarenessType
		ok    bool
	}{
		{"1; Wind", cap.AwarenessType{Number: 1, Name: "Wind"}, true},
		{"13", cap.AwarenessType{Number: 13}, true},
		{"Wind", cap.AwarenessType{}, false},
		{"0; None", cap.AwarenessType{}, false},
	} {
		if got, ok := with("Awareness_Type", c.value).AwarenessType(); got != c.want || ok != c.ok {
			t.Errorf("type %q: %+v %v", c.value, got, ok)
		}
	}
	if _, ok := with("x", "y").AwarenessLevel(); ok {
		t.Error("level without parameter")
	}
}

func TestTimesAreReadLeniently(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 1, 5, 5, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-01-05T05:00:00Z", "2026-01-05T05:00:00.000+00:00", "2026-01-05t05:00:00z", "2026-01-05T10:00:00+0500",
		"2026-01-05T10:00:00+05", "2026-01-05 10:00:00+05:00", "2026-01-05T10:00+05:00", "2026-01-05T05:00:00", "2026-01-06T06:00:00+25:00",
	} {
		doc := `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>i</identifier><sender>s</sender><sent>` + text + `</sent>` + body + `</alert>`
		a, problems, err := cap.Parse([]byte(doc), cap.Options{})
		if text == "2026-01-06T06:00:00+25:00" {
			if err == nil {
				t.Errorf("%s: read as %v", text, a.Sent)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if !a.Sent.Equal(want) || len(problems) != 1 {
			t.Errorf("%s: %v, problems %v", text, a.Sent, problems)
		}
	}
}
