package impact

import "math"

// contextMethod holds the coefficients of the section "context".
type contextMethod struct {
	Provenance     string     `json:"provenance"`
	PAGERDeaths    [3]float64 `json:"pager_deaths"`
	PAGERDollars   [3]float64 `json:"pager_usd"`
	PAGERMaxSpread float64    `json:"pager_max_spread"`
	TsunamiM       [2]float64 `json:"gdacs_tsunami_m"`
	FloodDead      [2]float64 `json:"gdacs_flood_dead"`
	FloodDisplaced [2]float64 `json:"gdacs_flood_displaced"`
}

// The colours of PAGER and GDACS. They judge whole societies: context for an analyst, and
// evidence of strength, never the level of one site.
var colours = [4]string{"green", "yellow", "orange", "red"}

// PAGERColour is the alert colour that USGS PAGER gives to an earthquake with these
// estimates: green, yellow, orange or red from 1, 100 and 1,000 deaths or 1 million, 100
// million and 1 billion US dollars, the higher of the two.
func (m *Method) PAGERColour(deaths, dollars float64) string {
	k := 0
	for i := range m.context.PAGERDeaths {
		if deaths >= m.context.PAGERDeaths[i] || dollars >= m.context.PAGERDollars[i] {
			k = i + 1
		}
	}
	return colours[k]
}

// lossEdges are the bounds of PAGER's ranges of loss, persons or millions of dollars; the last
// range is open.
var lossEdges = [7]float64{0, 1, 10, 100, 1000, 1e4, 1e5}

// PAGERRanges is the probability of each range of loss (0–1, 1–10, … 100,000 and more) for
// an estimate and the spread of its logarithm, as USGS PAGER reckons it: log-normal around
// the estimate, the spread of small estimates held to 1.7613, an estimate of nothing read as
// one half. Source: usgs/pager losspager/utils/probs.py. It refuses nothing: a negative or
// undefined estimate counts as nothing.
func (m *Method) PAGERRanges(estimate, spread float64) [7]float64 {
	const tiny = 0.00001 // keeps the logarithm of 0 away
	e := math.Max(estimate, 0) + tiny
	if e < 1 && spread > 1.7 {
		spread = 1.7613
	}
	if e < 0.001 {
		e = 0.5
	}
	below := func(loss float64) float64 { return phi(math.Log((loss+tiny)/e) / spread) }
	var out [7]float64
	for i, from := range lossEdges {
		to := 1.0
		if i+1 < len(lossEdges) {
			to = below(lossEdges[i+1])
		}
		out[i] = to - below(from)
	}
	return out
}

// PAGERSpread combines the spreads of the countries that contribute to a loss: the root of
// the sum of their squares, at most 2.5.
func (m *Method) PAGERSpread(zetas ...float64) float64 {
	sum := 0.0
	for _, z := range zetas {
		sum += z * z
	}
	return math.Min(math.Sqrt(sum), m.context.PAGERMaxSpread)
}

// CountryDeaths is the number of deaths that PAGER's empirical model expects in one country
// of persons exposed to MMI 1 to 10 (index 0 to 9): Σ N·ν for MMI V to IX, X counted with
// IX. PAGER itself prints the whole part.
func (m *Method) CountryDeaths(f FatalityModel, exposed [10]float64) float64 {
	exposed[8] += exposed[9]
	sum := 0.0
	for i := 4; i < 9; i++ {
		sum += exposed[i] * m.FatalityRate(f, float64(i+1))
	}
	return sum
}

// GDACSTsunami is the GDACS alert colour of a tsunami by its highest wave at the coast, m:
// orange from 1, red from 3.
func (m *Method) GDACSTsunami(height float64) string {
	for i := 1; i >= 0; i-- {
		if height >= m.context.TsunamiM[i] {
			return colours[i+2]
		}
	}
	return colours[0]
}

// GDACSFlood is the GDACS alert colour of a flood: orange above 100 deaths or 80,000
// displaced persons, red above 1,000 or 800,000.
func (m *Method) GDACSFlood(dead, displaced float64) string {
	q := &m.context
	for i := 1; i >= 0; i-- {
		if dead > q.FloodDead[i] || displaced > q.FloodDisplaced[i] {
			return colours[i+2]
		}
	}
	return colours[0]
}
