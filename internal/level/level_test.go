package level

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
	"watchfire.dev/internal/fault"
)

func TestCellsOfTheMatrix(t *testing.T) {
	t.Parallel()
	m := Default()
	// Rows as printed in the method: G, Y, O, R for I1 to I4.
	want := []struct {
		p   float64
		row string
	}{
		{0, "GGGG"},
		{0.0099, "GGGG"},
		{0.01, "GGGY"},
		{0.049, "GGGY"},
		{0.05, "GGYO"},
		{0.199, "GGYO"},
		{0.20, "GYOO"},
		{0.549, "GYOO"},
		{0.55, "YYOR"},
		{0.799, "YYOR"},
		{0.80, "YORR"},
		{1, "YORR"},
	}
	for _, w := range want {
		for k := 1; k <= Classes; k++ {
			if got := "GYOR"[m.Cell(k, w.p, false)]; got != w.row[k-1] {
				t.Errorf("cell(I%d, %v) = %c, want %c", k, w.p, got, w.row[k-1])
			}
		}
	}
	if got := m.Cell(3, 0, true); got != Red {
		t.Errorf("observed I3 = %v, want red", got)
	}
}

func TestLevelOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		p        P
		observed int
		want     Level
	}{
		{"example of the handbook", P{1, 0.9, 0.3, 0.06, 0}, 0, Yellow},
		{"observed I2 lifts it", P{1, 0.9, 0.3, 0.06, 0}, 2, Orange},
		{"nothing", P{}, 0, Green},
		{"one per cent of catastrophe", P{1, 0.01, 0.01, 0.01, 0.01}, 0, Yellow},
		{"catastrophe likely", P{1, 0.6, 0.6, 0.6, 0.6}, 0, Red},
		{"observed I1", P{}, 1, Yellow},
		{"observed I3", P{}, 3, Red},
	}
	for _, tt := range tests {
		if got, cells := Default().LevelOf(tt.p, tt.observed); got != tt.want {
			t.Errorf("%s: %v %v, want %v", tt.name, got, cells, tt.want)
		}
	}
}

func genP(t *rapid.T, name string) P {
	var p P
	for k := 1; k < len(p); k++ {
		p[k] = rapid.Float64Range(0, 1).Draw(t, name)
	}
	return p.Monotone()
}

func TestLevelNeverFallsWhenAProbabilityRises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := genP(t, "p")
		q := Max(p, genP(t, "q"))
		obs := rapid.IntRange(0, 4).Draw(t, "observed")
		lp, _ := Default().LevelOf(p, obs)
		lq, _ := Default().LevelOf(q, obs)
		if lq < lp {
			t.Fatalf("%v at %v, %v at %v", lp, p, lq, q)
		}
	})
}

func TestCombineAndMaxAreWellFormed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, q := genP(t, "p"), genP(t, "q")
		e := rapid.Float64Range(0, 1).Draw(t, "e")
		all := Combine(Part{e, p}, Part{1, q})
		if err := all.Valid(); err != nil {
			t.Fatal(err)
		}
		for k := range all {
			if all[k] < q[k]-1e-12 || all[k] < e*p[k]-1e-12 {
				t.Fatalf("combining lost class %d: %v of %v and %v", k, all, p, q)
			}
			if Max(p, q)[k] > Combine(Part{1, p}, Part{1, q})[k]+1e-12 {
				t.Fatal("Max exceeds the independent union")
			}
		}
	})
	got := Combine(Part{0.5, P{1, 0.4}}, Part{1, P{1, 0.25}})
	if math.Abs(got[1]-0.4) > 1e-15 { // 1 − 0.8·0.75
		t.Errorf("combine = %v, want 0.4", got[1])
	}
}

func TestMonotoneRaisesLowerClasses(t *testing.T) {
	t.Parallel()
	got := P{0, 0.1, 0.3, math.NaN(), 2}.Monotone()
	if want := (P{1, 1, 1, 1, 1}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := (P{0, 0.1, 0.3, -1, 0}).Monotone(), (P{1, 0.3, 0.3, 0, 0}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := (P{1, math.NaN(), 0, 0, 0}).Valid(); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("NaN passed as valid: %v", err)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		p    float64
		want string
	}{
		{0, "almost no chance"},
		{0.049, "almost no chance"},
		{0.05, "very unlikely"},
		{0.2, "unlikely"},
		{0.45, "roughly even chance"},
		{0.55, "likely"},
		{0.8, "very likely"},
		{0.95, "almost certain"},
		{1, "almost certain"},
	}
	for _, tt := range tests {
		if got := Word(tt.p); got != tt.want {
			t.Errorf("Word(%v) = %q, want %q", tt.p, got, tt.want)
		}
	}
}

func TestHorizonsHoldTheirCap(t *testing.T) {
	t.Parallel()
	sure := P{1, 1, 1, 1, 1}
	for h, want := range map[Horizon]Level{Short: Red, Medium: Red, Outlook: Yellow, Strategic: Green} {
		var ps [Horizons]P
		ps[h] = sure
		if got, at := Default().OfHorizons(ps, 0); got != want || got > Green && at != h {
			t.Errorf("%v alone gives %v at %v, want %v", h, got, at, want)
		}
	}
	if h := HorizonOf(90 * time.Minute); h != Short {
		t.Errorf("90 minutes is %v, want short", h)
	}
}

func TestTextOfLevelsAndBadMatrices(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal([]Level{Green, Red})
	if err != nil || string(b) != `["green","red"]` {
		t.Errorf("marshal: %s %v", b, err)
	}
	if _, err := Parse("purple"); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("purple: %v", err)
	}
	m := Default()
	m.Cells[Observed][3] = Yellow
	if err := m.Check(); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("falling matrix passed: %v", err)
	}
	if !Emergency(3, 0) || !Emergency(0, 1) || Emergency(2, 0) {
		t.Error("emergency flag")
	}
}

func TestAMatrixOfOnesOwn(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(Default())
	if err != nil {
		t.Fatal(err)
	}
	if m, err := ParseMatrix(raw); err != nil || m != Default() {
		t.Errorf("what is written is not read: %v", err)
	}
	for name, text := range map[string]string{
		"no version":    `{"edges": [0.01, 0.05, 0.2, 0.55, 0.8], "cells": []}`,
		"unknown field": `{"version": "x", "cell": []}`,
		"no JSON":       `[`,
		"no edges":      `{"version": "x"}`,
	} {
		if _, err := ParseMatrix([]byte(text)); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
