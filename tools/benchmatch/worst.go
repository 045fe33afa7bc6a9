package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"watchfire.dev/internal/exposure/match"
)

// worst looks for the number of assets and the shape at which the scan comes nearest to us:
// circles from 1 km to the whole Earth, and the shapes of the table. Both ask in turn, run by
// run; the median of the ratios counts.
func (b *bench) worst(ctx context.Context) error {
	radii := []float64{1, 10, 100, 1000, 3000, 5000, 10_000, 10_007.6, 15_000, 20_000, 20_020}
	others := []string{"poly50", "poly500", "track", "route"}
	least, where := math.Inf(1), ""
	head := "ratio to the scan"
	for _, km := range radii {
		head += fmt.Sprintf("\t%g km", km)
	}
	b.notes = append(b.notes, head+"\t"+strings.Join(others, "\t"))
	for _, n := range []int{1, 2, 5, 10, 20, 50, 100, 300, 1000, 3000, 10_000, 100_000, 1_000_000} {
		if n > b.most {
			continue
		}
		places := assets(n)
		ours, scan := &own{x: match.Build(places)}, newScan(places)
		line := fmt.Sprint(n, " assets")
		try := func(what string, qs []query) error {
			ratio, err := b.against(ctx, ours, scan, qs)
			if err != nil {
				return err
			}
			line += fmt.Sprintf("\t%.2f", ratio)
			if ratio < least {
				least, where = ratio, fmt.Sprintf("%d assets, %s", n, what)
			}
			return nil
		}
		for _, km := range radii {
			var qs []query
			for i := range 16 {
				q, err := circle(places[i*7919%n], km)
				if err != nil {
					return err
				}
				qs = append(qs, q)
			}
			if err := try(fmt.Sprintf("circles of %g km", km), qs); err != nil {
				return err
			}
		}
		for _, shape := range others {
			qs, err := queries(shape, places)
			if err != nil {
				return err
			}
			if err := try(shape, qs[:16]); err != nil {
				return err
			}
		}
		b.notes = append(b.notes, line)
	}
	b.notes = append(b.notes, "the scan comes nearest to us with "+where)
	b.figure("worst_ratio_brute", least, "x")
	return nil
}

// against is the median of how many times as long the other one takes, by processor time: what
// else the machine does would drown cells of some nanoseconds.
func (b *bench) against(ctx context.Context, ours, other contestant, qs []query) (float64, error) {
	quick := &bench{cpu: true, length: b.length / 6}
	ratios := make([]float64, b.runs)
	for i := range ratios {
		one, err := ours.rate(ctx, quick, qs)
		if err != nil {
			return 0, err
		}
		two, err := other.rate(ctx, quick, qs)
		if err != nil {
			return 0, err
		}
		ratios[i] = two / one
	}
	return median(ratios), nil
}
