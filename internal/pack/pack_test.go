package pack

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type word string

type inner struct {
	Name  word
	Value float64
	When  time.Time
	Parts []string
	Rings [][]float64
}

type whole struct {
	ID, Other, Record string
	N                 int
	Small             int8
	Count             uint16
	Yes               bool
	Chances           [3]float64
	At, Since         time.Time
	List              []inner
	One               inner
	Names             map[string]string
	Far               *inner
}

func text(t *rapid.T) string {
	id := rapid.StringOfN(rapid.SampledFrom([]rune(digits)), 26, 26, -1)
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "flood", "evt_00000000000000000000000000", "_", "x_y"}), rapid.String(),
		rapid.Map(id, func(s string) string { return "evt_" + s }), rapid.Map(id, func(s string) string { return "wrn_" + s + "@2026" }),
		rapid.StringMatching("[0-9a-f]{64}"), rapid.StringMatching("[0-9A-F]{64}"),
	).Draw(t, "text")
}

func when(t *rapid.T) time.Time {
	switch rapid.IntRange(0, 5).Draw(t, "kind of instant") {
	case 0:
		return time.Time{}
	case 1:
		return time.Unix(rapid.Int64Range(-1<<36, 1<<36).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	case 2:
		return time.Unix(rapid.Int64Range(0, 1<<31).Draw(t, "seconds"), 0).In(time.FixedZone("there", 5*3600))
	default:
		return time.UnixMicro(rapid.Int64Range(1<<50, 1<<50+9).Draw(t, "us")).UTC()
	}
}

func anInner(t *rapid.T) inner {
	x := inner{Name: word(text(t)), Value: rapid.Float64().Draw(t, "value"), When: when(t)}
	if rapid.Bool().Draw(t, "few") {
		x.Value = rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -7, 0.3, math.Inf(1), 1 << 40}).Draw(t, "usual")
	}
	for range rapid.IntRange(0, 3).Draw(t, "parts") {
		x.Parts = append(x.Parts, text(t))
	}
	if rapid.Bool().Draw(t, "empty") {
		x.Rings = [][]float64{nil, {}, {0.25, 3}, make([]float64, 100)}
	}
	return x
}

func aWhole(t *rapid.T, names map[string]string) whole {
	w := whole{
		ID: text(t), Other: text(t), Record: text(t), N: rapid.Int().Draw(t, "n"), Small: rapid.Int8().Draw(t, "small"), Count: rapid.Uint16().Draw(t, "count"),
		Yes: rapid.Bool().Draw(t, "yes"), Chances: [3]float64{0.9, 0.9, rapid.Float64().Draw(t, "p")}, At: when(t), Since: when(t), One: anInner(t), Names: names,
	}
	w.Other = rapid.SampledFrom([]string{w.Other, w.ID}).Draw(t, "same")
	for range rapid.IntRange(0, 4).Draw(t, "list") {
		w.List = append(w.List, anInner(t))
	}
	if rapid.Bool().Draw(t, "empty list") && w.List == nil {
		w.List = []inner{}
	}
	if rapid.Bool().Draw(t, "far") {
		w.Far = &inner{Value: 1}
	}
	return w
}

// What comes out is what went in: to the last bit, nil lists nil, whatever the table has seen.
func TestUnpackGivesWhatWasPacked(t *testing.T) {
	t.Parallel()
	names := []map[string]string{nil, {"en": "leave"}, {"en": "stay"}}
	rapid.Check(t, func(t *rapid.T) {
		table := NewTable()
		var in []whole
		var packed []Packed
		for i := range rapid.IntRange(1, 12).Draw(t, "values") {
			w := aWhole(t, rapid.SampledFrom(names).Draw(t, "names"))
			in, packed = append(in, w), append(packed, table.Pack(fmt.Sprint(i), &w))
		}
		for i := range in {
			var out whole
			table.Unpack(packed[i], &out)
			if !reflect.DeepEqual(in[i], out) || math.Signbit(in[i].One.Value) != math.Signbit(out.One.Value) {
				t.Fatalf("in  %#v\nout %#v", in[i], out)
			}
			if in[i].Far != out.Far {
				t.Fatal("a pointer points elsewhere")
			}
		}
	})
}

func TestWhatIsCommonIsSharedAndWhatIsNotIsNot(t *testing.T) {
	t.Parallel()
	table := NewTable()
	long := strings.Repeat("the same method everywhere ", 4)
	var last Packed
	for i := range 100 {
		last = table.Pack(fmt.Sprint("v", i), &whole{ID: long, Other: fmt.Sprint("only here ", i), Chances: [3]float64{0.1, 0.2, float64(i) + 0.123}})
	}
	if len(table.word) != 1 || len(table.number) != 2 {
		t.Errorf("shared: %q, %d numbers; want the one text and two numbers", table.word, len(table.number))
	}
	if last.Len() > 40 {
		t.Errorf("%d bytes", last.Len())
	}
	for range 100 { // the same value over and over is one
		table.Pack("v", &whole{ID: "mine alone"})
	}
	if len(table.word) != 1 {
		t.Errorf("shared: %q", table.word)
	}
}

func TestWhatCannotBePackedIsRefused(t *testing.T) {
	t.Parallel()
	for _, v := range []any{&struct{ hidden int }{}, &struct{ F func() }{}, &struct{ Any any }{}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T was packed", v)
				}
			}()
			NewTable().Pack("", v)
		}()
	}
}

func BenchmarkPack(b *testing.B) {
	table := NewTable()
	w := whole{ID: "evt_00000000000000000000000001", Other: "flood", List: make([]inner, 10)}
	for b.Loop() {
		var out whole
		table.Unpack(table.Pack("x", &w), &out)
	}
}
