package pack

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"
	"time"
)

// writer holds the value that is being written.
type writer struct {
	t      *Table
	who    uint32
	buf    []byte
	kept   []any
	local  map[string]uint32 // words of this value
	floats map[uint64]uint32
	times  [recent]time.Time
	n      int // times so far
}

// reader follows what a writer did.
type reader struct {
	t      *Table
	body   string
	at     int
	kept   []any
	words  []string
	floats []uint64
	times  [recent]time.Time
	n      int
}

// recent is how many instants back a repeated one is found.
const recent = 8

func (w *writer) reset(who uint32) {
	w.who, w.buf, w.kept, w.n = who, w.buf[:0], w.kept[:0], 0
	clear(w.local)
	clear(w.floats)
}

func (w *writer) uint(x uint64) { w.buf = binary.AppendUvarint(w.buf, x) }
func (w *writer) int(x int64)   { w.buf = binary.AppendVarint(w.buf, x) }

func (w *writer) keep(v any) {
	w.uint(uint64(len(w.kept)))
	w.kept = append(w.kept, v)
}

func (r *reader) byte() byte {
	b := r.body[r.at]
	r.at++
	return b
}

func (r *reader) uint() uint64 {
	var x uint64
	for shift := 0; ; shift += 7 {
		b := r.byte()
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return x
		}
	}
}

func (r *reader) int() int64 {
	u := r.uint()
	return int64(u>>1) ^ -int64(u&1) //nolint:gosec // zigzag
}

func (r *reader) take(n int) string {
	s := r.body[r.at : r.at+n]
	r.at += n
	return s
}

// A word is written as a number: its lowest two bits say how the rest is to be read.
const (
	literal = iota // of that many bytes, which follow
	local          // a word that stood in this value before
	shared         // one of the table's
	special        // one of the forms below
)

// The special forms.
const (
	formID   = iota // a word, then 128 bits: what package id makes
	formHash        // 256 bits in hexadecimal
	formTwo         // an id, then a word
)

const idLen = 26 // of 128 bits, five each

const digits = "0123456789abcdefghjkmnpqrstvwxyz"

func (w *writer) word(s string) {
	if s == "" {
		w.uint(literal)
		return
	}
	if i, ok := w.local[s]; ok {
		w.uint(uint64(i)<<2 | local)
		return
	}
	if w.special(s) {
		w.local[s] = uint32(len(w.local)) //nolint:gosec // far fewer
		return
	}
	if i, ok := w.t.shareWord(s, w.who); ok {
		w.uint(uint64(i)<<2 | shared)
		return
	}
	w.uint(uint64(len(s)) << 2) // a literal
	w.buf = append(w.buf, s...)
	w.local[s] = uint32(len(w.local)) //nolint:gosec // far fewer
}

// special writes what has a shorter form of its own.
func (w *writer) special(s string) bool {
	if len(s) == 64 {
		if raw, err := hex.DecodeString(s); err == nil && hex.EncodeToString(raw) == s {
			w.uint(formHash<<2 | special)
			w.buf = append(w.buf, raw...)
			return true
		}
	}
	at := strings.IndexByte(s, '_')
	if at < 0 || len(s) < at+1+idLen {
		return false
	}
	end := at + 1 + idLen
	raw, ok := bits128(s[at+1 : end])
	if !ok {
		return false
	}
	if end < len(s) {
		w.uint(formTwo<<2 | special)
		w.word(s[:end])
		w.word(s[end:])
		return true
	}
	w.uint(formID<<2 | special)
	w.word(s[:at])
	w.buf = append(w.buf, raw[:]...)
	return true
}

func (r *reader) word() string {
	tag := r.uint()
	n := int(tag >> 2) //nolint:gosec // was an int
	var s string
	switch tag & 3 {
	case local:
		return r.words[n]
	case shared:
		return r.t.word[n]
	case literal:
		if n == 0 {
			return ""
		}
		s = strings.Clone(r.take(n)) // the packed form need not live as long
	default:
		switch n {
		case formHash:
			s = hex.EncodeToString([]byte(r.take(32)))
		case formID:
			s = r.word() + "_" + text128(r.take(16))
		default:
			s = r.word()
			s += r.word()
		}
	}
	r.words = append(r.words, s)
	return s
}

// bits128 reads 26 digits as package id writes them.
func bits128(s string) (out [16]byte, ok bool) {
	var acc uint64
	bits, n := 0, 0
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return out, false
		}
		acc, bits = acc<<5|uint64(d), bits+5
		for bits >= 8 && n < 16 {
			bits -= 8
			out[n] = byte(acc >> bits)
			n++
		}
	}
	return out, acc&3 == 0
}

func text128(b string) string {
	var out [idLen]byte
	var acc uint64
	bits, n := 0, 0
	for i := range len(b) {
		acc, bits = acc<<8|uint64(b[i]), bits+8
		for bits >= 5 {
			bits -= 5
			out[n] = digits[acc>>bits&31]
			n++
		}
	}
	out[n] = digits[acc<<2&31]
	return string(out[:])
}

// A number with a fraction has the same two bits, with a whole number in place of a form.
func (w *writer) float(f float64) {
	if f == math.Trunc(f) && math.Abs(f) < 1<<31 && !(f == 0 && math.Signbit(f)) {
		n := int64(f)
		w.uint(uint64(n<<1^n>>63)<<2 | special) //nolint:gosec // zigzag
		return
	}
	bits := math.Float64bits(f)
	if i, ok := w.floats[bits]; ok {
		w.uint(uint64(i)<<2 | local)
		return
	}
	if i, ok := w.t.shareNumber(bits, w.who); ok {
		w.uint(uint64(i)<<2 | shared)
		return
	}
	w.uint(literal)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, bits)
	w.floats[bits] = uint32(len(w.floats)) //nolint:gosec // far fewer
}

func (r *reader) float() float64 {
	tag := r.uint()
	u := tag >> 2
	switch tag & 3 {
	case special:
		return float64(int64(u>>1) ^ -int64(u&1)) //nolint:gosec // zigzag
	case local:
		return math.Float64frombits(r.floats[u])
	case shared:
		return math.Float64frombits(r.t.number[u])
	}
	bits := binary.LittleEndian.Uint64([]byte(r.take(8)))
	r.floats = append(r.floats, bits)
	return math.Float64frombits(bits)
}

// The kinds of instants; further numbers say how far back the same one stands.
const (
	micro = iota // microseconds from the last one
	nano
	far // seconds and nanoseconds
	zoned
	again
)

func (w *writer) time(t time.Time) {
	t = t.Round(0)
	for i := range min(recent, w.n) {
		if w.times[(w.n-1-i)%recent] == t {
			w.buf = append(w.buf, byte(again+i))
			return
		}
	}
	if loc := t.Location(); loc != time.UTC {
		w.buf = append(w.buf, zoned)
		w.keep(loc)
	}
	var last time.Time
	if w.n > 0 {
		last = w.times[(w.n-1)%recent]
	} else {
		last = time.Unix(0, 0)
	}
	d := t.Sub(last)
	switch {
	case !last.Add(d).Equal(t):
		w.buf = append(w.buf, far)
		w.int(t.Unix())
		w.uint(uint64(t.Nanosecond())) //nolint:gosec // below a billion
	case d%time.Microsecond == 0:
		w.buf = append(w.buf, micro)
		w.int(int64(d / time.Microsecond))
	default:
		w.buf = append(w.buf, nano)
		w.int(int64(d))
	}
	w.times[w.n%recent] = t
	w.n++
}

func (r *reader) time() time.Time {
	kind := r.byte()
	if kind >= again {
		return r.times[(r.n-1-int(kind-again))%recent]
	}
	loc := time.UTC
	if kind == zoned {
		loc = r.kept[r.uint()].(*time.Location)
		kind = r.byte()
	}
	last := time.Unix(0, 0)
	if r.n > 0 {
		last = r.times[(r.n-1)%recent]
	}
	var t time.Time
	switch kind {
	case micro:
		t = last.Add(time.Duration(r.int()) * time.Microsecond)
	case nano:
		t = last.Add(time.Duration(r.int()))
	default:
		sec := r.int()
		t = time.Unix(sec, int64(r.uint())) //nolint:gosec // below a billion
	}
	t = t.In(loc)
	r.times[r.n%recent] = t
	r.n++
	return t
}
