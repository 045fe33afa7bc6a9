package impact

import (
	"math"

	"watchfire.dev/internal/level"
)

// classes gives the chances of the impact classes and the expected own deaths at an
// intensity.
//
// Deaths are expected as PAGER expects them: N·V·ν at the estimated intensity. Its rates were
// fitted to deaths against estimated intensities, so the error of an estimate is in them
// already; integrated over the estimate's distribution they say three times too much (see
// the recorded earthquakes in docs/method/verification.md). Given the expectation, deaths
// count as Poisson, and a place is I3 where one and I4 where five of its persons die, if the
// intensity alone says less. Deaths of one camp are not independent, so the Poisson step
// overstates "at least one" for a given expectation: an error to the careful side.
func (m *Method) classes(mmi Measure, persons, vulnerability float64, model FatalityModel) (p level.P, deaths float64) {
	for k, limit := range m.earthquake.ClassMMI {
		p[k+1] = above(mmi.Value, mmi.Sigma, limit)
	}
	if persons > 0 {
		deaths = persons * math.Min(1, vulnerability*m.FatalityRate(model, mmi.Value))
		for k, n := range m.earthquake.ClassDeaths {
			if n > 0 {
				p[k+1] = math.Max(p[k+1], poissonAtLeast(n, deaths))
			}
		}
	}
	return p.Monotone(), deaths
}
