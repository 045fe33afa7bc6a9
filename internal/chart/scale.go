package chart

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// lineHeight is from one line of text to the next.
const lineHeight = 13

// wide estimates how many units a text takes at 11 pixels: ideographs a whole em, capitals
// and what is broad more than the rest. It is a little generous, so that nothing sticks out.
func wide(s string) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case r >= 0x2E80 && r < 0xA4D0 || r >= 0xAC00 && r < 0xD7A4 || r >= 0xF900 && r < 0xFB00 || r >= 0xFF00 && r < 0xFF61:
			w += 11
		case strings.ContainsRune("iljtf.,:;'|! ()[]", r):
			w += 3.6
		case unicode.IsUpper(r) || r == 'm' || r == 'w' || r == '%' || r == '—':
			w += 8
		case unicode.Is(unicode.Mn, r):
		default:
			w += 6.2
		}
	}
	return w
}

// clip shortens a text to a width, with an ellipsis.
func clip(s string, width float64) string {
	if wide(s) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 1 && wide(string(r))+6 > width {
		r = r[:len(r)-1]
	}
	return strings.TrimRightFunc(string(r), unicode.IsSpace) + "…"
}

// wrap breaks a text at spaces, and between ideographs, into at most so many lines; the last
// is cut when more is left.
func wrap(s string, width float64, most int) []string {
	var out []string
	rest := strings.Join(strings.Fields(s), " ")
	for rest != "" {
		if len(out) == most-1 || wide(rest) <= width {
			return append(out, clip(rest, width))
		}
		cut, w := 0, 0.0
		last := 0
		for i, r := range rest {
			w += wide(string(r))
			if w > width {
				cut = i
				break
			}
			if r == ' ' || r >= 0x2E80 {
				last = i + len(string(r))
			}
		}
		if last > 0 && cut > 0 {
			cut = last
		}
		if cut == 0 {
			return append(out, clip(rest, width))
		}
		out = append(out, strings.TrimSpace(rest[:cut]))
		rest = strings.TrimSpace(rest[cut:])
	}
	return out
}

// short writes a number for an axis: 0.05, 3, 20 k, 1.5 M.
func short(x float64) string {
	a := math.Abs(x)
	for _, u := range []struct {
		from float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if a >= u.from*.9995 {
			return trim(x/u.from) + "\u202f" + u.name // a narrow space that does not break
		}
	}
	return trim(x)
}

func trim(x float64) string {
	s := strconv.FormatFloat(x, 'g', 3, 64)
	if strings.ContainsAny(s, "e") {
		s = strconv.FormatFloat(x, 'f', -1, 64)
	}
	return s
}

// percent writes a chance: 0.1 %, 5 %, 40 %.
func percent(p float64) string { return trim(math.Round(p*1e5)/1e3) + "\u202f%" }

// ticks are round numbers that span low to high, about n of them.
func ticks(low, high float64, n int) []float64 {
	if !(high > low) {
		return []float64{low}
	}
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(n))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*m) <= float64(n) {
			step *= m
			break
		}
	}
	var out []float64
	for k := math.Ceil(low/step-1e-9) + 0; k*step <= high+step*1e-9; k++ {
		out = append(out, k*step+0) // no negative zero
	}
	return out
}

// decades are the powers of ten, with 2 and 5 between when there are few, within low to high.
func decades(low, high float64) []float64 {
	var out []float64
	between := []float64{1}
	if math.Log10(high/low) < 3 {
		between = []float64{1, 2, 5}
	}
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for _, m := range between {
			if x := m * math.Pow(10, e); x >= low*.999 && x <= high*1.001 {
				out = append(out, x)
			}
		}
	}
	return out
}

// A span maps numbers onto units of the drawing.
type span struct {
	low, high float64
	from, to  float64
	log       bool
}

func (s span) at(x float64) float64 {
	a, b := s.low, s.high
	if s.log {
		x, a, b = math.Log10(math.Max(x, s.low)), math.Log10(a), math.Log10(b)
	}
	if b == a {
		return s.from
	}
	return s.from + math.Min(math.Max((x-a)/(b-a), -.02), 1.02)*(s.to-s.from)
}
