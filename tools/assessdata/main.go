// Command assessdata makes the two data files of assessments from a folder of recorded
// panels: the frozen reference of the method (ten years of each public indicator) and the
// starter set that may be redistributed. It is run once for a version of the method, by hand;
// what it writes is committed and never changes afterwards. It reads the panels through the
// mappings of the program, so that what they refuse is not in the files either.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/indicator"
)

func main() {
	folder := flag.String("panels", "", "folder with one file for each mapping, named ID.csv or ID.csv.gz")
	reference := flag.String("reference", "", "reference file to write")
	starter := flag.String("starter", "", "starter set to write")
	flag.Parse()
	if err := run(*folder, *reference, *starter); err != nil {
		fmt.Fprintln(os.Stderr, "assessdata:", err)
		os.Exit(1)
	}
}

func run(folder, reference, starter string) error {
	panels := map[string][]indicator.Observation{}
	for _, m := range indicator.Mappings() {
		raw, err := read(folder, m.ID)
		if err != nil {
			fmt.Fprintf(os.Stderr, "assessdata: %s: %v\n", m.ID, err)
			continue
		}
		obs, _, err := indicator.Read(m, raw, time.Time{})
		if err != nil {
			return err
		}
		panels[m.ID] = obs
	}
	if reference != "" {
		if err := os.WriteFile(reference, referenceOf(panels), 0o600); err != nil {
			return err
		}
	}
	if starter == "" {
		return nil
	}
	return os.WriteFile(starter, starterOf(panels), 0o600)
}

func read(folder, id string) ([]byte, error) {
	if raw, err := os.ReadFile(filepath.Join(folder, id+".csv")); err == nil {
		return raw, nil
	}
	raw, err := os.ReadFile(filepath.Join(folder, id+".csv.gz"))
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// referenceOf writes the distribution of each indicator over its last ten years up to 2021,
// or up to its last year where there is not enough before.
func referenceOf(panels map[string][]indicator.Observation) []byte {
	var b bytes.Buffer
	b.WriteString("# Distribution of each public indicator over ten years, frozen with the method of the same version.\n")
	b.WriteString("# indicator, values, first year, last year, log1p (1 where |skew| > 2 and kurtosis > 3.5), mean, standard deviation, quantiles at 0, 5, ..., 100 % (the last three after the transformation)\n")
	all := flat(panels)
	for _, d := range indicator.All() {
		for _, most := range []string{"2021", "2025"} {
			list, end := decade(all, d.ID, most)
			if len(list) < 100 {
				continue
			}
			fmt.Fprintf(&b, "%s\t%d\t%d\t%d%s\n", d.ID, len(list), end-9, end, distribution(list, d.Unit != "score 0-10")) // scores were transformed by their publisher
			break
		}
	}
	return b.Bytes()
}

// decade are the values of the last ten years not after most.
func decade(all []indicator.Observation, name, most string) (list []float64, end int) {
	for _, o := range all {
		if y, _ := strconv.Atoi(o.Period[:4]); o.Indicator == name && o.Period[:4] <= most {
			end = max(end, y)
		}
	}
	for _, o := range all {
		if y, _ := strconv.Atoi(o.Period[:4]); o.Indicator == name && y <= end && y > end-10 {
			list = append(list, o.Value)
		}
	}
	return list, end
}

func flat(panels map[string][]indicator.Observation) []indicator.Observation {
	var out []indicator.Observation
	for _, list := range panels {
		out = append(out, list...)
	}
	indicator.Sort(out)
	return out
}

func distribution(list []float64, may bool) string {
	_, _, skew, kurt := moments(list)
	log := may && math.Abs(skew) > 2 && kurt > 3.5
	t := slices.Clone(list)
	if log {
		for i, v := range t {
			t[i] = math.Copysign(math.Log1p(math.Abs(v)), v)
		}
	}
	mean, sd, _, _ := moments(t)
	slices.Sort(t)
	out := fmt.Sprintf("\t%d\t%.6g\t%.6g", map[bool]int{false: 0, true: 1}[log], mean, sd)
	for q := 0; q <= 100; q += 5 {
		at := float64(q) / 100 * float64(len(t)-1)
		i := min(int(at), len(t)-2)
		out += fmt.Sprintf("\t%.6g", t[i]+(at-float64(i))*(t[i+1]-t[i]))
	}
	return out
}

// moments gives mean, standard deviation, skewness and kurtosis (excess, as R's e1071 and
// the composite-indicator guides count it).
func moments(list []float64) (mean, sd, skew, kurt float64) {
	n := float64(len(list))
	for _, v := range list {
		mean += v / n
	}
	var m2, m3, m4 float64
	for _, v := range list {
		d := v - mean
		m2 += d * d / n
		m3 += d * d * d / n
		m4 += d * d * d * d / n
	}
	return mean, math.Sqrt(m2), m3 / math.Pow(m2, 1.5), m4/(m2*m2) - 3
}

// kept says which panels go into the starter set and how many of their last years.
var kept = []struct {
	panel string
	years int
}{
	{"inform-2016", 1}, {"inform-2018", 1}, {"inform-2020", 1}, {"inform-trends", 7}, {"inform-raw", 1}, {"wgi", 6}, {"homicide", 6}, {"inflation", 6}, {"fx-h10", 4}, {"gdp", 1}, {"population", 1},
}

// starterOf writes, for each panel, indicator and year, the values of all places.
func starterOf(panels map[string][]indicator.Observation) []byte {
	var b bytes.Buffer
	b.WriteString("# Numbers that come with the program, as their publishers' licences allow (docs/indicators.md names each). Values are rounded to five figures; nothing else was changed.\n# panel, indicator, period, then PLACE=value\n")
	for _, k := range kept {
		m, _ := indicator.FindMapping(k.panel)
		if !m.Redistribute {
			panic(k.panel)
		}
		rows, years := map[string][]string{}, map[string][]string{}
		for _, o := range panels[k.panel] {
			key := o.Indicator + "\t" + o.Period
			if len(rows[key]) == 0 {
				years[o.Indicator] = append(years[o.Indicator], o.Period)
			}
			rows[key] = append(rows[key], strings.TrimPrefix(o.Place, "country:")+"="+strconv.FormatFloat(five(o.Value), 'g', -1, 64))
		}
		for _, d := range indicator.All() {
			slices.Sort(years[d.ID])
			from := max(0, len(years[d.ID])-k.years)
			if k.panel == "inform-raw" {
				from = 0
			}
			for _, y := range years[d.ID][from:] {
				fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", k.panel, d.ID, y, strings.Join(rows[d.ID+"\t"+y], " "))
			}
		}
	}
	return b.Bytes()
}

func five(v float64) float64 {
	x, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64)
	return x
}
