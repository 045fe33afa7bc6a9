package phrase

import (
	"math"
	"strconv"
	"strings"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/level"
)

// Level is the word of a level: "Red".
func (s Speaker) Level(l level.Level) string { return s.T("level." + l.String()) }

// Call is what a level asks for: "act now".
func (s Speaker) Call(l level.Level) string { return s.T("call." + l.String()) }

// Hazard is the word of a hazard; one that this version does not know is called by its code.
func (s Speaker) Hazard(h event.Hazard) string {
	if !h.Known() {
		return string(h)
	}
	return s.T("hazard." + string(h))
}

// Likelihood is the ICD 203 word of a probability (METHOD.md 1.3).
func (s Speaker) Likelihood(p float64) string {
	return s.T("likelihood." + strconv.Itoa(int(level.LikelihoodOf(p))))
}

// Percent writes a probability in per cent and never as certainty: "< 1 %", "83 %", "> 99 %".
func (s Speaker) Percent(p float64) string {
	text := "< 1"
	switch v := math.Round(p * 100); {
	case v > 99:
		text = "> 99"
	case v >= 1:
		text = strconv.Itoa(int(v))
	}
	return s.T("number.percent", "V", text)
}

// Chance is word and number together: "very likely, 83 %".
func (s Speaker) Chance(p float64) string {
	return s.T("chance", "Word", s.Likelihood(p), "Percent", s.Percent(p))
}

// Number writes a value with its unit in the language's form: "6.9", "31 km", "12,500 ha";
// French writes "6,9". Values of 100 and more have no decimals, smaller ones one if it is not
// zero; below 1, two significant digits.
func (s Speaker) Number(v float64, unit string) string {
	text := s.digits(v)
	if unit == "" {
		return text
	}
	if key := "unit." + unit; s.Has(key) {
		unit = s.T(key)
	}
	return text + "\u00a0" + unit
}

func (s Speaker) digits(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case a >= 100:
		return s.group(strconv.FormatFloat(math.Round(v), 'f', 0, 64))
	case a >= 1 || a == 0:
		return s.decimal(strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0"))
	default:
		return s.decimal(strconv.FormatFloat(v, 'g', 2, 64))
	}
}

// Magnitude writes an earthquake's magnitude, always with one decimal: "6.0".
func (s Speaker) Magnitude(m float64) string { return s.decimal(strconv.FormatFloat(m, 'f', 1, 64)) }

// decimal puts the language's decimal mark into a number.
func (s Speaker) decimal(number string) string {
	return strings.Replace(number, ".", s.T("number.decimal"), 1)
}

// Count writes a whole number with its thousands parted: "1,204".
func (s Speaker) Count(n int) string { return s.group(strconv.Itoa(n)) }

func (s Speaker) group(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	mark := s.T("number.group")
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + mark + digits[i:]
	}
	return sign + digits
}

// Intensity writes a strength with its spread: "MMI 7.1 ± 0.8", "64 kt".
func (s Speaker) Intensity(i exposure.Intensity) string {
	var text string
	switch key := "unit_before." + i.Unit; {
	case i.Unit == "":
		text = s.digits(i.Value)
	case s.Has(key):
		text = s.T(key, "V", s.digits(i.Value))
	default:
		text = s.Number(i.Value, i.Unit)
	}
	if i.Sigma > 0 {
		text += " ± " + s.digits(i.Sigma)
	}
	return text
}

// Where says how a row's place and the event belong together: "31 km from Camp 2".
func (s Speaker) Where(r exposure.Exposure) string {
	switch {
	case r.How == exposure.Country:
		return s.T("where.country", "Asset", r.Name)
	case r.How == exposure.Admin1:
		return s.T("where.admin1", "Asset", r.Name)
	case r.ToKM > r.FromKM:
		return s.T("where.route", "Asset", r.Name, "From", s.digits(r.FromKM), "To", s.digits(r.ToKM))
	case r.How == exposure.Distance && r.DistanceKM >= 0.5:
		return s.T("where.distance", "Asset", r.Name, "Distance", s.Number(r.DistanceKM, "km"))
	default:
		return s.T("where.inside", "Asset", r.Name)
	}
}

// People is a head-count with its word: "1,530 people".
func (s Speaker) People(n int) string { return s.T("people", "N", n, "Text", s.Count(n)) }
