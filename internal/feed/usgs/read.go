package usgs

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readFeature reads one feature. Nearly all come in one plain form, which plainReader takes
// at a fraction of the cost; whatever departs from it is left to encoding/json, so that
// results and refusals are the same (a fuzz target holds the two against one another).
func readFeature(raw []byte) (feature, error) {
	var f feature
	r := plainReader{b: string(raw)}
	if r.feature(&f) {
		return f, nil
	}
	f = feature{}
	err := json.Unmarshal(raw, &f)
	return f, err
}

// plainReader reads JSON whose names stand once, in the case we expect, and whose strings
// hold no escapes. A method returns false as soon as something is otherwise; what it has
// filled by then is void. It never reads past the end and never goes back.
//
// What it gives are parts of the one string it reads: a feature is short, and a dozen
// strings of its own would cost more to make than all the rest.
type plainReader struct {
	b string
	i int
}

func (r *plainReader) feature(f *feature) bool {
	var seen uint64
	ok := r.object(func(name string) bool {
		switch name {
		case "type":
			return once(&seen, 0) && r.text(&f.Type)
		case "id":
			return once(&seen, 1) && r.text(&f.ID)
		case "properties":
			return once(&seen, 2) && r.properties(&f.Properties)
		case "geometry":
			return once(&seen, 3) && r.geometry(f)
		}
		return isOther(name, "type", "id", "properties", "geometry") && r.skip(0)
	})
	r.space()
	return ok && r.i == len(r.b)
}

func (r *plainReader) properties(p *properties) bool {
	var seen uint64
	room := make([]float64, 0, 6) // one place for all optional numbers; never grown
	optional := func(bit int, to **float64) bool { return once(&seen, bit) && r.optional(to, &room) }
	text := func(bit int, to *string) bool { return once(&seen, bit) && r.text(to) }
	return r.object(func(name string) bool {
		switch name {
		case "mag":
			return optional(0, &p.Mag)
		case "time":
			return optional(1, &p.Time)
		case "updated":
			return optional(2, &p.Updated)
		case "felt":
			return optional(3, &p.Felt)
		case "cdi":
			return optional(4, &p.CDI)
		case "mmi":
			return optional(5, &p.MMI)
		case "place":
			return text(6, &p.Place)
		case "url":
			return text(7, &p.URL)
		case "detail":
			return text(8, &p.Detail)
		case "alert":
			return text(9, &p.Alert)
		case "status":
			return text(10, &p.Status)
		case "net":
			return text(11, &p.Net)
		case "code":
			return text(12, &p.Code)
		case "ids":
			return text(13, &p.IDs)
		case "types":
			return text(14, &p.Types)
		case "magType":
			return text(15, &p.MagType)
		case "type":
			return text(16, &p.Type)
		case "title":
			return text(17, &p.Title)
		case "tsunami":
			return once(&seen, 18) && (r.null() || r.number(&p.Tsunami))
		case "tz", "sig", "sources", "nst", "dmin", "rms", "gap": // always there, never asked for
			return r.skip(0)
		}
		return isOther(name, "mag", "time", "updated", "felt", "cdi", "mmi", "place", "url", "detail", "alert", "status", "net", "code",
			"ids", "types", "magType", "type", "title", "tsunami", "products") && r.skip(0)
	})
}

func (r *plainReader) geometry(f *feature) bool {
	if r.null() {
		return true
	}
	f.Geometry = new(struct {
		Type        string     `json:"type"`
		Coordinates []*float64 `json:"coordinates"`
	})
	var seen uint64
	return r.object(func(name string) bool {
		switch name {
		case "type":
			return once(&seen, 0) && r.text(&f.Geometry.Type)
		case "coordinates":
			return once(&seen, 1) && r.coordinates(&f.Geometry.Coordinates)
		}
		return isOther(name, "type", "coordinates") && r.skip(0)
	})
}

func (r *plainReader) coordinates(to *[]*float64) bool {
	if !r.take('[') {
		return false
	}
	out, room := make([]*float64, 0, 3), make([]float64, 0, 3)
	for {
		var v *float64
		if len(out) == 3 || !r.optional(&v, &room) { // more than three: not the plain form
			return false
		}
		out = append(out, v)
		if r.take(']') {
			*to = out
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

// once marks bit i and tells whether it was free: of a name given twice the last counts,
// which is for encoding/json to say.
func once(seen *uint64, i int) bool {
	free := *seen&(1<<i) == 0
	*seen |= 1 << i
	return free
}

// isOther tells that a name is none of these in any case: encoding/json takes "ID" for id.
func isOther(name string, known ...string) bool {
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return false
		}
	}
	return true
}

// object reads an object and calls value at each value with its name.
func (r *plainReader) object(value func(name string) bool) bool {
	if !r.take('{') {
		return false
	}
	if r.take('}') {
		return true
	}
	for {
		name, ok := r.str()
		if !ok || !r.take(':') || !value(name) {
			return false
		}
		if r.take('}') {
			return true
		}
		if !r.take(',') {
			return false
		}
	}
}

func (r *plainReader) space() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\n' || r.b[r.i] == '\r' || r.b[r.i] == '\t') {
		r.i++
	}
}

// take moves behind c, if that is what comes next.
func (r *plainReader) take(c byte) bool {
	r.space()
	if r.i < len(r.b) && r.b[r.i] == c {
		r.i++
		return true
	}
	return false
}

func (r *plainReader) word(w string) bool {
	r.space()
	if !strings.HasPrefix(r.b[r.i:], w) {
		return false
	}
	r.i += len(w)
	return true
}

func (r *plainReader) null() bool { return r.word("null") }

// str reads a string without escapes, of valid UTF-8.
func (r *plainReader) str() (string, bool) {
	if !r.take('"') {
		return "", false
	}
	end := strings.IndexByte(r.b[r.i:], '"')
	if end < 0 {
		return "", false
	}
	s := r.b[r.i : r.i+end]
	r.i += end + 1
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' || c < 0x20:
			return "", false
		case c >= utf8.RuneSelf:
			return s, utf8.ValidString(s) && strings.IndexByte(s, '\\') < 0 && !strings.ContainsFunc(s, unicode.IsControl)
		}
	}
	return s, true
}

// text reads a string or null, which leaves what is there.
func (r *plainReader) text(to *string) bool {
	if r.null() {
		return true
	}
	s, ok := r.str()
	if ok {
		*to = s
	}
	return ok
}

// optional reads a number into room and points to it; null leaves nil.
func (r *plainReader) optional(to **float64, room *[]float64) bool {
	if r.null() {
		return true
	}
	var v float64
	if !r.number(&v) {
		return false
	}
	*room = append(*room, v)
	*to = &(*room)[len(*room)-1]
	return true
}

// number reads a number of RFC 8259 §6.
func (r *plainReader) number(to *float64) bool {
	form, ok := r.form()
	if !ok {
		return false
	}
	v, err := strconv.ParseFloat(form, 64)
	*to = v
	return err == nil
}

// form moves behind a number and returns its characters.
func (r *plainReader) form() (string, bool) {
	r.space()
	from := r.i
	r.is('-', '-')
	if !r.is('0', '0') && !r.digits() {
		return "", false
	}
	if r.is('.', '.') && !r.digits() {
		return "", false
	}
	if r.is('e', 'E') {
		r.is('+', '-')
		if !r.digits() {
			return "", false
		}
	}
	return r.b[from:r.i], true
}

func (r *plainReader) digits() bool {
	at := r.i
	for r.i < len(r.b) && '0' <= r.b[r.i] && r.b[r.i] <= '9' {
		r.i++
	}
	return r.i > at
}

// is moves behind either character, if that is what comes next.
func (r *plainReader) is(a, b byte) bool {
	if r.i < len(r.b) && (r.b[r.i] == a || r.b[r.i] == b) {
		r.i++
		return true
	}
	return false
}

// skip reads any value that nobody asks for; deep nesting is left to encoding/json.
func (r *plainReader) skip(depth int) bool {
	r.space()
	if r.i >= len(r.b) || depth > 8 {
		return false
	}
	switch r.b[r.i] {
	case '{':
		return r.object(func(string) bool { return r.skip(depth + 1) })
	case '[':
		r.i++
		if r.take(']') {
			return true
		}
		for r.skip(depth + 1) {
			if r.take(']') {
				return true
			}
			if !r.take(',') {
				return false
			}
		}
		return false
	case '"':
		_, ok := r.str()
		return ok
	case 'n':
		return r.null()
	case 't':
		return r.word("true")
	case 'f':
		return r.word("false")
	}
	_, ok := r.form()
	return ok
}
