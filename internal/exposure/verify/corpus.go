package verify

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/fault"
)

// The recorded data of USGS, below replay/ in the folder of samples.
const (
	modelsFile   = "usgs__fatality.xml"
	expocatFile  = "usgs__expocat.xlsx"
	shakemapFile = "usgs__lomaprieta_grid.xml.gz"
)

// recorded compares with the recorded data; a file that is not there is left out.
func recorded(m *impact.Method, folder string) ([]Row, error) {
	var rows []Row
	for _, part := range []struct {
		name string
		run  func(*impact.Method, string) ([]Row, error)
	}{
		{modelsFile, models},
		{expocatFile, expocat},
		{shakemapFile, shakemap},
	} {
		name := filepath.Join(folder, "replay", part.name)
		if _, err := os.Stat(name); err != nil {
			continue
		}
		more, err := part.run(m, name)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", part.name, err)
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func count(source, what string, want, ours int) Row {
	r := Row{Hazard: "recorded earthquakes", Source: source, Case: what, Published: strconv.Itoa(want), Ours: strconv.Itoa(ours), Tolerance: "0", Verdict: miss}
	if want == ours {
		r.Verdict = good
	}
	return r
}

// models compares every country's model with the file that USGS publishes.
func models(m *impact.Method, name string) ([]Row, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var file struct {
		Models []struct {
			Country string  `xml:"ccode,attr"`
			Theta   float64 `xml:"theta,attr"`
			Beta    float64 `xml:"beta,attr"`
			Spread  float64 `xml:"gnormvalue,attr"`
		} `xml:"model"`
	}
	// The file says US-ASCII, which is UTF-8 as far as it goes.
	d := xml.NewDecoder(strings.NewReader(string(raw)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %w", fault.ErrInvalid, err)
	}
	equal := 0
	for _, x := range file.Models {
		if f, ok := m.Fatality(x.Country); ok && f.Theta == x.Theta && f.Beta == x.Beta && f.Zeta == x.Spread {
			equal++
		}
	}
	return []Row{count("usgs/pager losspager/data/fatality.xml", "country models with equal theta, beta and spread", len(file.Models), equal)}, nil
}

// A quake is one line of EXPO-CAT.
type quake struct {
	id, name, country string
	exposed           [10]float64
	deaths            float64 // by shaking
}

// expocat compares what the models expect with the deaths of past earthquakes. The spread of
// a model is that of the logarithm of deaths, so two spreads should hold some 95 of 100.
func expocat(m *impact.Method, name string) ([]Row, error) {
	quakes, err := readExpocat(name)
	if err != nil {
		return nil, err
	}
	const source = "usgs/pager losspager/data/expocat.xlsx"
	n, within := 0, 0
	recordedDeaths, expectedDeaths := 0.0, 0.0
	worst := map[string]quake{}
	for _, q := range quakes {
		f, ok := m.Fatality(q.country)
		expected := m.CountryDeaths(f, q.exposed)
		if ok {
			recordedDeaths, expectedDeaths = recordedDeaths+q.deaths, expectedDeaths+expected
		}
		if !ok || q.deaths < 1 || expected < 1 {
			continue
		}
		n++
		if math.Abs(math.Log(q.deaths/expected)) <= 2*f.Zeta {
			within++
		}
		if q.deaths >= 1000 && q.deaths > worst[q.country].deaths {
			worst[q.country] = q
		}
	}
	part := float64(within) / math.Max(1, float64(n))
	row := Row{
		Hazard: "recorded earthquakes", Source: source, Case: fmt.Sprintf("share of %d deadly earthquakes within two spreads of the estimate", n),
		Published: "0.95", Ours: short(part), Tolerance: "0.1", Verdict: miss,
	}
	if math.Abs(part-0.95) <= 0.1 {
		row.Verdict = good
	}
	rows := []Row{row, together(source, len(quakes), recordedDeaths, expectedDeaths)}
	countries := make([]string, 0, len(worst))
	for c := range worst {
		countries = append(countries, c)
	}
	slices.Sort(countries)
	for _, c := range countries {
		q := worst[c]
		f, _ := m.Fatality(c)
		expected := m.CountryDeaths(f, q.exposed)
		rows = append(rows, Row{
			Hazard: "recorded earthquakes", Source: source, Case: fmt.Sprintf("deadliest of %s: %s (%.8s), deaths by shaking", c, strings.Trim(q.name, `"`), q.id),
			Published: strconv.FormatFloat(q.deaths, 'f', 0, 64), Ours: strconv.FormatFloat(expected, 'f', 0, 64),
			Tolerance: fmt.Sprintf("factor %s (two spreads)", short(math.Exp(2*f.Zeta))), Verdict: seen,
		})
	}
	return rows, nil
}

// together compares all deaths of the catalogue, those of harmless earthquakes included, so
// that nothing is chosen by its outcome. A factor of 2 to either side is let pass; rates
// integrated over an error of 0.9 in the intensity give 3.
func together(source string, n int, recorded, expected float64) Row {
	row := Row{
		Hazard: "recorded earthquakes", Source: source, Case: fmt.Sprintf("deaths by shaking of all %d entries together", n),
		Published: strconv.FormatFloat(recorded, 'f', 0, 64), Ours: strconv.FormatFloat(expected, 'f', 0, 64), Tolerance: "factor 2", Verdict: miss,
	}
	if expected >= recorded/2 && expected <= 2*recorded {
		row.Verdict = good
	}
	return row
}

// readExpocat reads the first sheet of the workbook.
func readExpocat(name string) ([]quake, error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var shared struct {
		Items []struct {
			Text string `xml:"t"`
		} `xml:"si"`
	}
	var sheet struct {
		Rows []struct {
			Cells []struct {
				At    string `xml:"r,attr"`
				Kind  string `xml:"t,attr"`
				Value string `xml:"v"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	for part, into := range map[string]any{"xl/sharedStrings.xml": &shared, "xl/worksheets/sheet1.xml": &sheet} {
		f, err := z.Open(part)
		if err != nil {
			return nil, err
		}
		err = xml.NewDecoder(f).Decode(into)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", part, fault.ErrInvalid, err)
		}
	}
	var out []quake
	for i, r := range sheet.Rows {
		if i == 0 {
			continue
		}
		var q quake
		for _, c := range r.Cells {
			text := c.Value
			if k, err := strconv.Atoi(text); c.Kind == "s" && err == nil && k >= 0 && k < len(shared.Items) {
				text = shared.Items[k].Text
			}
			x, _ := strconv.ParseFloat(text, 64) // words count as 0: only numbers are asked for
			switch column := strings.TrimRight(c.At, "0123456789"); {
			case column == "A":
				q.id = text
			case column == "C":
				q.name = text
			case column == "H":
				q.country = text
			case column == "R":
				q.deaths = x
			case len(column) == 1 && column >= "I" && column <= "Q":
				q.exposed[column[0]-'I'] = x
			}
		}
		out = append(out, q)
	}
	return out, nil
}

// shakemap compares the intensity formula with the ShakeMap of Loma Prieta 1989, within 150
// km of the epicentre: the mean residual and its scatter, against the formula's own sigma.
func shakemap(m *impact.Method, name string) ([]Row, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	const magnitude, depth, lat, lon, reach = 6.9, 18.0, 37.04, -121.88, 150.0
	var n, sum, squares, sigmas float64
	lines := bufio.NewScanner(z)
	for lines.Scan() {
		c := strings.Fields(lines.Text())
		if len(c) != 11 {
			continue
		}
		var v [5]float64
		ok := true
		for i := range v {
			x, err := strconv.ParseFloat(c[i], 64)
			v[i], ok = x, ok && err == nil
		}
		km := math.Hypot((v[0]-lon)*111.19508*math.Cos(lat*math.Pi/180), (v[1]-lat)*111.19508)
		if !ok || km > reach {
			continue
		}
		mmi, sigma := m.IntensityHypocentral(magnitude, math.Hypot(km, depth))
		d := v[4] - mmi
		n, sum, squares, sigmas = n+1, sum+d, squares+d*d, sigmas+sigma
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, fmt.Errorf("no grid point: %w", fault.ErrInvalid)
	}
	const source = "USGS ShakeMap of Loma Prieta, 18 October 1989"
	bias := Row{
		Hazard: "recorded earthquakes", Source: source, Case: fmt.Sprintf("mean of ShakeMap minus formula, %.0f points within 150 km, MMI", n),
		Published: "0", Ours: short(sum / n), Tolerance: short(sigmas / n), Verdict: miss,
	}
	if math.Abs(sum/n) <= sigmas/n {
		bias.Verdict = good
	}
	scatter := Row{
		Hazard: "recorded earthquakes", Source: source, Case: "scatter of the difference, at most the formula's mean sigma, MMI",
		Published: short(sigmas / n), Ours: short(math.Sqrt(squares / n)), Tolerance: "at most", Verdict: miss,
	}
	if math.Sqrt(squares/n) <= sigmas/n {
		scatter.Verdict = good
	}
	return []Row{bias, scatter}, nil
}
