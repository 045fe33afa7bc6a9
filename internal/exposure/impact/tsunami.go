package impact

import (
	"fmt"
	"math"

	"watchfire.dev/internal/level"
)

// tsunamiMethod holds the coefficients of the section "tsunami".
type tsunamiMethod struct {
	Provenance    string  `json:"provenance"`
	Bulletin      words   `json:"bulletin"`
	AssumedHeight words   `json:"assumed_height_m"`
	RunUp         float64 `json:"run_up"`
	CoastKM       float64 `json:"coast_km"`
	HeightGSD     float64 `json:"height_gsd"`
	Dry           classes `json:"dry"`
	DryM          float64 `json:"dry_elevation_m"` // above it a dry place stays as it is
}

// TsunamiInput describes a tsunami bulletin and one place.
type TsunamiInput struct {
	Bulletin   string   // warning, watch, advisory, information, observed (gauge or coast)
	Prior      *float64 // replaces the probability of the bulletin
	HeightM    float64  // expected at the coast; 0 = assumed from the bulletin
	ElevationM float64  // of the place above the sea
	CoastKM    float64  // from the place to the sea
	ETAHours   *float64 // of the first wave, when the bulletin gives it
}

// Tsunami gives the probability of each impact class at one place. The place is flooded when
// 1.5 times the coastal height exceeds its elevation and it lies within 3 km of the sea: I4,
// with the probability of the bulletin (warning 0.6, watch 0.3) times that of the height,
// taken as log-normal around the forecast with a factor of 1.5. Dry places within 3 km and
// below 30 m are evacuated all the same: I1, and I2 for half; people are told to go above
// 30 m (100 feet). Farther inland the probability is 0: the rule
// knows no bore that runs up a river. Source of the wave heights that a bulletin stands for:
// the tsunami model of GDACS (1 m orange, 3 m red); run-up factor, distance and
// probabilities are own design. Without a height the bulletin's own is taken and noted.
func (m *Method) Tsunami(in TsunamiInput) (Result, error) {
	q := m.tsunami
	c := &checker{}
	prior, ok := q.Bulletin.get(in.Bulletin)
	if !ok {
		c.add(fmt.Sprintf("bulletin is %.40q, want %s", in.Bulletin, q.Bulletin.list()))
	}
	if in.Prior != nil {
		prior = *in.Prior
	}
	c.within("prior", prior, 0, 1)
	c.within("height_m", in.HeightM, 0, 600)
	c.within("elevation_m", in.ElevationM, -500, 9000)
	c.within("coast_km", in.CoastKM, 0, 20040)
	if err := c.err(); err != nil {
		return Result{}, err
	}
	r := Result{
		Hazard: "tsunami", Method: m.Version, ETAHours: in.ETAHours,
		Formula: "I4: p(bulletin) · P(1.5·height > elevation) within 3 km of the sea, height log-normal",
		Source:  "GDACS tsunami model for the height classes; design of Watchfire, method " + m.Version,
	}
	height := in.HeightM
	if height == 0 {
		height, _ = q.AssumedHeight.get(in.Bulletin)
		r.note(true, "no height given: assumed from the kind of bulletin")
	}
	r.Intensity = Measure{height, "m at the coast", height * math.Log(q.HeightGSD)}
	wet := 0.0
	if in.CoastKM < q.CoastKM {
		wet = logAbove(q.RunUp*height, q.HeightGSD, in.ElevationM)
		dry := level.P{1}
		if in.ElevationM < q.DryM {
			dry = q.Dry.p()
		}
		for k := 1; k <= level.Classes; k++ {
			r.P[k] = wet + (1-wet)*dry[k]
		}
	}
	r.P = r.P.Scale(prior)
	r.Steps = []Step{{"p of the bulletin", prior, ""}, {"p of flooding given the tsunami", wet, ""}}
	return r, nil
}
