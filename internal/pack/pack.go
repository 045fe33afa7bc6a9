// Package pack keeps values that are seldom looked at in few bytes. A Table writes a struct
// down in a compact form and makes an equal one of it again: what many values have in common
// (words, ids of assets, constants of a policy) stands in the table once, what repeats inside
// one value is written once, fields that are zero cost a bit. The form lives in memory only:
// it is read by the table that wrote it, never stored and never sent.
package pack

import (
	"reflect"
	"strings"
)

// A Packed is one value as a Table wrote it. The zero value holds nothing.
type Packed struct {
	body string
	kept *[]any // what is held as it was: large arrays, pointers
}

// Empty tells whether nothing was packed.
func (p Packed) Empty() bool { return p.body == "" }

// Len is the number of bytes of the packed form, without what is held as it was.
func (p Packed) Len() int { return len(p.body) }

const (
	// mostShared bounds what a table shares for ever, words and numbers each.
	mostShared = 1 << 15
	// sightings is in how many different values something must have stood before it is shared:
	// what belongs to one of them alone is not.
	sightings  = 4
	sketchBits = 13  // of the number of hashes that a table remembers
	keptFrom   = 512 // bytes from which an array without pointers is held as it was
)

// A Table packs values and shares what they have in common. It is not safe for concurrent use.
type Table struct {
	words   map[string]uint32
	word    []string
	numbers map[uint64]uint32
	number  []uint64
	maps    map[uintptr]uint32
	mapped  []reflect.Value
	sketch  []sighting
	plans   map[reflect.Type]*plan
	out     writer
}

// sighting is how often something of a hash was seen, and in which value last.
type sighting struct {
	what, who uint32
	times     uint8
}

// NewTable returns an empty table.
func NewTable() *Table {
	t := &Table{
		words: map[string]uint32{}, numbers: map[uint64]uint32{}, maps: map[uintptr]uint32{}, sketch: make([]sighting, 1<<sketchBits),
		plans: map[reflect.Type]*plan{},
	}
	t.out.t, t.out.local, t.out.floats = t, map[string]uint32{}, map[uint64]uint32{}
	return t
}

// Pack writes down the struct that v points to. who names it among the values of the table.
// Arrays of numbers that are large, maps and what pointers point to are not copied: nobody may
// change them as long as the value lives. It panics when the struct's type holds functions,
// channels, interfaces or unexported fields (time.Time excepted): a bug of the caller's.
func (t *Table) Pack(who string, v any) Packed {
	w := &t.out
	w.reset(hash(who))
	x := reflect.ValueOf(v).Elem()
	t.planOf(x.Type()).write(w, x)
	p := Packed{body: string(w.buf)}
	if len(w.kept) > 0 {
		kept := make([]any, len(w.kept))
		copy(kept, w.kept)
		p.kept = &kept
		clear(w.kept)
	}
	return p
}

// Unpack makes the value again in the zero struct that v points to.
func (t *Table) Unpack(p Packed, v any) {
	r := reader{t: t, body: p.body}
	if p.kept != nil {
		r.kept = *p.kept
	}
	x := reflect.ValueOf(v).Elem()
	t.planOf(x.Type()).read(&r, x)
}

// common tells whether something of a hash was seen in enough values, this one among them.
func (t *Table) common(what, who uint32) bool {
	s := &t.sketch[what*2654435761>>(32-sketchBits)] // the high bits depend on all
	switch {
	case s.what != what:
		*s = sighting{what, who, 1}
	case s.who != who:
		s.who = who
		s.times++
	}
	return s.times >= sightings
}

func (t *Table) shareWord(s string, who uint32) (uint32, bool) {
	if i, ok := t.words[s]; ok {
		return i, true
	}
	if len(t.word) >= mostShared || !t.common(hash(s), who) {
		return 0, false
	}
	s = strings.Clone(s)
	i := uint32(len(t.word)) //nolint:gosec // bounded by mostShared
	t.word, t.words[s] = append(t.word, s), i
	return i, true
}

func (t *Table) shareNumber(bits uint64, who uint32) (uint32, bool) {
	if i, ok := t.numbers[bits]; ok {
		return i, true
	}
	if len(t.number) >= mostShared || !t.common(uint32(bits^bits>>32), who) { //nolint:gosec // a hash
		return 0, false
	}
	i := uint32(len(t.number)) //nolint:gosec // bounded by mostShared
	t.number, t.numbers[bits] = append(t.number, bits), i
	return i, true
}

func (t *Table) shareMap(v reflect.Value) (uint32, bool) {
	if i, ok := t.maps[v.Pointer()]; ok {
		return i, true
	}
	if len(t.mapped) >= mostShared/8 {
		return 0, false
	}
	i := uint32(len(t.mapped)) //nolint:gosec // bounded above
	held := reflect.New(v.Type()).Elem()
	held.Set(v)
	t.mapped, t.maps[v.Pointer()] = append(t.mapped, held), i
	return i, true
}

// hash is FNV-1a.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
