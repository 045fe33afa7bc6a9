package hindcast

import (
	"fmt"
	"slices"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/forecast/ladder"
	"watchfire.dev/internal/forecast/panel"
)

// LooksAhead says whether a rung's forecast from the origin depends on what came after it:
// it asks the rung with the panel as it is and with other numbers in all later months. A
// rung that only holds its view cannot; one that was given the panel on the side is caught.
func LooksAhead(p panel.Panel, origin panel.Month, make func(panel.Panel) ladder.Rung, seed uint64) error {
	ask := func(p panel.Panel) (ladder.Field, error) {
		view, err := p.At(origin)
		if err != nil {
			return nil, err
		}
		return ladder.NewShop(1).Forecast(make(p), view, seed)
	}
	honest, err := ask(p)
	if err != nil {
		return err
	}
	other, err := rewritten(p, origin)
	if err != nil {
		return err
	}
	again, err := ask(other)
	if err != nil {
		return err
	}
	for i := range honest {
		for h := range honest[i] {
			if !slices.Equal(honest[i][h], again[i][h]) {
				return fmt.Errorf("forecast from %s: %s, %d months ahead, changes with what came later: %w",
					origin, p.Units()[i].Name, h+1, fault.ErrInvalid)
			}
		}
	}
	return nil
}

// rewritten gives the panel with other numbers after the origin.
func rewritten(p panel.Panel, origin panel.Month) (panel.Panel, error) {
	var cells []panel.Cell
	for _, u := range p.Units() {
		for m := p.First(); m <= p.Last(); m++ {
			if y, ok := p.Value(u.ID, m); ok {
				if m > origin {
					y = 2*y + float64(37+u.ID%11)
				}
				cells = append(cells, panel.Cell{Unit: u.ID, Month: m, Value: y})
			}
		}
	}
	return panel.New(p.Units(), cells)
}
