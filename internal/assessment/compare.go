package assessment

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"watchfire.dev/internal/indicator"
)

// A Comparison sets two assessments side by side: two projects, or now and then.
type Comparison struct {
	A          Result          `json:"a"`
	B          Result          `json:"b"`
	Score      float64         `json:"score"` // B − A
	Apart      bool            `json:"apart"` // the intervals do not touch
	SameMethod bool            `json:"same_method"`
	Dimensions []DimensionPair `json:"dimensions"`
	Drivers    []DriverPair    `json:"drivers"`
}

// A DimensionPair is one dimension of both; null = not assessed.
type DimensionPair struct {
	ID string   `json:"id"`
	A  *float64 `json:"a"`
	B  *float64 `json:"b"`
}

// A DriverPair is what an indicator adds to both scores.
type DriverPair struct {
	Indicator string  `json:"indicator"`
	A         *Driver `json:"a"`
	B         *Driver `json:"b"`
	Gap       float64 `json:"gap"` // contribution in B − contribution in A
}

// Compare sets two results side by side, the drivers by the size of their gap.
func Compare(a, b Result) Comparison {
	out := Comparison{A: a, B: b, Score: round(b.Score - a.Score), Apart: a.Assessed && b.Assessed && (a.High < b.Low || b.High < a.Low), SameMethod: a.MethodHash == b.MethodHash}
	for _, d := range a.Dimensions {
		out.Dimensions = append(out.Dimensions, DimensionPair{ID: d.ID, A: d.score()})
	}
	for _, d := range b.Dimensions {
		i := slices.IndexFunc(out.Dimensions, func(p DimensionPair) bool { return p.ID == d.ID })
		if i < 0 {
			i = len(out.Dimensions)
			out.Dimensions = append(out.Dimensions, DimensionPair{ID: d.ID})
		}
		out.Dimensions[i].B = d.score()
	}
	for i := range a.Drivers {
		out.Drivers = append(out.Drivers, DriverPair{Indicator: a.Drivers[i].Indicator, A: &a.Drivers[i], Gap: -a.Drivers[i].Contribution})
	}
	for k := range b.Drivers {
		i := slices.IndexFunc(out.Drivers, func(p DriverPair) bool { return p.Indicator == b.Drivers[k].Indicator })
		if i < 0 {
			i = len(out.Drivers)
			out.Drivers = append(out.Drivers, DriverPair{Indicator: b.Drivers[k].Indicator})
		}
		out.Drivers[i].B = &b.Drivers[k]
		out.Drivers[i].Gap = round(out.Drivers[i].Gap + b.Drivers[k].Contribution)
	}
	slices.SortFunc(out.Drivers, func(x, y DriverPair) int {
		return cmp.Or(cmp.Compare(math.Abs(y.Gap), math.Abs(x.Gap)), cmp.Compare(x.Indicator, y.Indicator))
	})
	return out
}

func (d DimensionResult) score() *float64 {
	if !d.Assessed {
		return nil
	}
	v := d.Score
	return &v
}

// An Against is our country scores beside a public index.
type Against struct {
	Indicator string     `json:"indicator"`
	N         int        `json:"n"`
	Rho       float64    `json:"rho"` // Spearman's rank correlation; worse = higher in both
	Rows      []IndexRow `json:"rows"`
}

// An IndexRow is one country in both.
type IndexRow struct {
	Unit     string  `json:"unit"`
	Name     string  `json:"name"`
	Ours     float64 `json:"ours"`
	Theirs   float64 `json:"theirs"`
	Period   string  `json:"period"`
	OurRank  float64 `json:"our_rank"` // 1 = worst; the mean of a tie
	TheirOwn float64 `json:"their_rank"`
}

// AgainstIndex compares the scores of countries with an indicator that is an index itself.
// higherWorse tells the direction of theirs. Rows are sorted by how far the ranks differ.
func AgainstIndex(results []Result, chosen []indicator.Observation, name string, higherWorse bool) Against {
	out := Against{Indicator: name}
	byPlace := map[string]indicator.Observation{}
	for _, o := range chosen {
		if o.Indicator == name {
			byPlace[o.Place] = o
		}
	}
	for _, r := range results {
		if o, ok := byPlace[r.Unit]; ok && r.Assessed && r.Kind == Country {
			out.Rows = append(out.Rows, IndexRow{Unit: r.Unit, Name: r.Name, Ours: r.Score, Theirs: o.Value, Period: o.Period})
		}
	}
	slices.SortFunc(out.Rows, func(a, b IndexRow) int { return strings.Compare(a.Unit, b.Unit) })
	out.N = len(out.Rows)
	ours, theirs := make([]float64, out.N), make([]float64, out.N)
	for i, r := range out.Rows {
		if ours[i], theirs[i] = r.Ours, r.Theirs; !higherWorse {
			theirs[i] = -r.Theirs
		}
	}
	a, b := midRanks(ours), midRanks(theirs)
	for i := range out.Rows {
		out.Rows[i].OurRank, out.Rows[i].TheirOwn = a[i], b[i]
	}
	out.Rho = round(pearson(a, b))
	slices.SortStableFunc(out.Rows, func(x, y IndexRow) int {
		return cmp.Compare(math.Abs(y.OurRank-y.TheirOwn), math.Abs(x.OurRank-x.TheirOwn))
	})
	return out
}

// midRanks ranks the highest first; equal values share the mean rank.
func midRanks(list []float64) []float64 {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(list[b], list[a]), cmp.Compare(a, b)) })
	out := make([]float64, len(list))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && list[order[j]] == list[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			out[order[k]] = float64(i+j+1) / 2
		}
		i = j
	}
	return out
}

func pearson(a, b []float64) float64 {
	n := float64(len(a))
	if n < 3 {
		return 0
	}
	var ma, mb, sab, saa, sbb float64
	for i := range a {
		ma += a[i] / n
		mb += b[i] / n
	}
	for i := range a {
		sab += float64((a[i] - ma) * (b[i] - mb))
		saa += float64((a[i] - ma) * (a[i] - ma))
		sbb += float64((b[i] - mb) * (b[i] - mb))
	}
	if saa <= 0 || sbb <= 0 {
		return 0
	}
	return sab / math.Sqrt(float64(saa*sbb))
}
