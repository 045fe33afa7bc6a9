package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/panel"
)

// ahead is how many months ahead are counted: those that the windows of the challenge score.
const ahead = 12

// forecasts trains the shipped model on 191 countries and 32 invented years, and forecasts;
// then again on one processor, from rows in another order. It prints the time, and fails
// where the two differ.
func forecasts() error {
	units, cells := invented()
	start := time.Now()
	first, n, err := forecast(units, cells, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	took := time.Since(start).Seconds()
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	r := rand.New(rand.NewPCG(5, 6))
	r.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	r.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	second, _, err := forecast(units, cells, 1)
	if err != nil {
		return err
	}
	fmt.Printf("%d countries × %d months forecast; SHA-256 %x\n", n, ahead, first)
	fmt.Printf("figure assess.forecast_s %.2f s\n", took)
	if first != second {
		return fmt.Errorf("forecasts on one processor from shuffled rows: SHA-256 %x", second)
	}
	return nil
}

// invented is a panel of every country: a few at war for years, some where war comes and
// goes, most quiet.
func invented() ([]panel.Unit, []panel.Cell) {
	r := rand.New(rand.NewPCG(7, 8))
	var units []panel.Unit
	var cells []panel.Cell
	for i := range 191 {
		units = append(units, panel.Unit{ID: i + 1, Name: fmt.Sprintf("Country %d", i+1)})
		level, war := append([]float64{400, 40, 8, 2, 1}, make([]float64, 13)...)[i%18], false
		for m := panel.MonthOf(1990, 1); m <= panel.MonthOf(2021, 12); m++ {
			if r.Float64() < .03 {
				war = !war
			}
			y := 0.0
			if war || i%18 == 0 {
				y = math.Floor(level * math.Exp(r.NormFloat64()*.9))
			}
			cells = append(cells, panel.Cell{Unit: i + 1, Month: m, Value: y})
		}
	}
	return units, cells
}

func forecast(units []panel.Unit, cells []panel.Cell, workers int) (sum [32]byte, countries int, err error) {
	p, err := panel.New(units, cells)
	if err != nil {
		return sum, 0, err
	}
	rung, err := ladder.Find("best")
	if err != nil {
		return sum, 0, err
	}
	v, err := p.At(p.Last())
	if err != nil {
		return sum, 0, err
	}
	field, err := ladder.NewShop(workers).Forecast(rung, v, 1)
	if err != nil {
		return sum, 0, err
	}
	h := sha256.New()
	for _, months := range field {
		for _, g := range months[:ahead] {
			for _, x := range g.Full() {
				h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)))
			}
		}
	}
	return [32]byte(h.Sum(nil)), v.Len(), nil
}
