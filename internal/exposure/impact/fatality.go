package impact

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
)

// A FatalityModel is one country's empirical fatality rate: ν(MMI) = Φ(ln(MMI/Theta)/Beta).
// Zeta is the spread of ln(deaths) around the model's estimate for a whole earthquake.
type FatalityModel struct {
	Country string  `json:"country"` // ISO 3166-1 alpha-2; XF is California; "" = default
	Theta   float64 `json:"theta"`   // MMI at which half of the exposed would die
	Beta    float64 `json:"beta"`
	Zeta    float64 `json:"zeta"`
}

// parseFatality reads the embedded table: comments, a header, then rows sorted by country.
func parseFatality(s string) ([]FatalityModel, error) {
	var out []FatalityModel
	header := false
	for i, line := range strings.Split(strings.TrimSpace(s), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, ",")
		if !header {
			header = true
			continue
		}
		var v [3]float64
		ok := len(f) == 4 && len(f[0]) == 2
		for j := 0; ok && j < 3; j++ {
			x, err := strconv.ParseFloat(f[j+1], 64)
			v[j], ok = x, err == nil && x > 0
		}
		if !ok || len(out) > 0 && out[len(out)-1].Country >= f[0] {
			return nil, fmt.Errorf("fatality table, line %d %q: %w", i+1, line, fault.ErrInvalid)
		}
		out = append(out, FatalityModel{f[0], v[0], v[1], v[2]})
	}
	return out, nil
}

// putFatality puts a model into a sorted table, over the one of the same country.
func putFatality(models []FatalityModel, own FatalityModel) []FatalityModel {
	i := sort.Search(len(models), func(i int) bool { return models[i].Country >= own.Country })
	if i < len(models) && models[i].Country == own.Country {
		models[i] = own
		return models
	}
	return slices.Insert(models, i, own)
}

// FatalityCountries lists the countries that have a model of their own, sorted.
func (m *Method) FatalityCountries() []string {
	out := make([]string, len(m.fatality))
	for i, f := range m.fatality {
		out[i] = f.Country
	}
	return out
}

// Fatality finds a country's model by its two-letter code in any case. An unknown or empty
// code gets the default that USGS PAGER itself uses, and false.
func (m *Method) Fatality(country string) (FatalityModel, bool) {
	if len(country) == 2 {
		key := [2]byte{upper(country[0]), upper(country[1])}
		i := sort.Search(len(m.fatality), func(i int) bool { return m.fatality[i].Country >= string(key[:]) })
		if i < len(m.fatality) && m.fatality[i].Country == string(key[:]) {
			return m.fatality[i], true
		}
	}
	return m.earthquake.FatalityDefault, false
}

// upper is the ASCII capital of b.
func upper(b byte) byte {
	if 'a' <= b && b <= 'z' {
		return b - 'a' + 'A'
	}
	return b
}

// FatalityRate is the share of exposed persons who die at intensity mmi. PAGER counts MMI V
// to IX, with X added to IX: below 4.5 the rate is 0, above 9 that of 9.
// Source: Jaiswal and Wald 2010, doi:10.1193/1.3480331; usgs/pager losspager/models/emploss.py.
func (m *Method) FatalityRate(f FatalityModel, mmi float64) float64 {
	q := &m.earthquake
	if mmi < q.FatalityMinMMI {
		return 0
	}
	return phi(math.Log(math.Min(mmi, q.FatalityMaxMMI)/f.Theta) / f.Beta)
}
