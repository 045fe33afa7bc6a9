package pack

import (
	"fmt"
	"math"
	"reflect"
	"time"
)

// A plan is how the values of a type are written and read.
type plan struct {
	write func(w *writer, v reflect.Value)
	read  func(r *reader, v reflect.Value)
}

func (t *Table) planOf(of reflect.Type) *plan {
	p, ok := t.plans[of]
	if !ok {
		p = t.newPlan(of)
		t.plans[of] = p
	}
	return p
}

func (t *Table) newPlan(of reflect.Type) *plan {
	if of == reflect.TypeFor[time.Time]() {
		return &plan{
			func(w *writer, v reflect.Value) { w.time(*v.Addr().Interface().(*time.Time)) },
			func(r *reader, v reflect.Value) { *v.Addr().Interface().(*time.Time) = r.time() },
		}
	}
	switch of.Kind() {
	case reflect.Struct:
		return t.structPlan(of)
	case reflect.Slice:
		return t.slicePlan(of)
	case reflect.Array:
		elem := t.planOf(of.Elem())
		return &plan{
			func(w *writer, v reflect.Value) { each(v, func(x reflect.Value) { elem.write(w, x) }) },
			func(r *reader, v reflect.Value) { each(v, func(x reflect.Value) { elem.read(r, x) }) },
		}
	case reflect.Map:
		return mapPlan(of)
	case reflect.Pointer:
		return &plan{
			func(w *writer, v reflect.Value) { w.keep(v.Interface()) },
			func(r *reader, v reflect.Value) { v.Set(reflect.ValueOf(r.kept[r.uint()])) },
		}
	case reflect.String:
		return &plan{
			func(w *writer, v reflect.Value) { w.word(v.String()) },
			func(r *reader, v reflect.Value) { v.SetString(r.word()) },
		}
	default:
		return numberPlan(of)
	}
}

func each(v reflect.Value, f func(reflect.Value)) {
	for i := range v.Len() {
		f(v.Index(i))
	}
}

func numberPlan(t reflect.Type) *plan {
	switch {
	case t.Kind() == reflect.Bool:
		return &plan{
			func(w *writer, v reflect.Value) {
				if v.Bool() {
					w.uint(1)
				} else {
					w.uint(0)
				}
			},
			func(r *reader, v reflect.Value) { v.SetBool(r.uint() == 1) },
		}
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		return &plan{
			func(w *writer, v reflect.Value) { w.int(v.Int()) },
			func(r *reader, v reflect.Value) { v.SetInt(r.int()) },
		}
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return &plan{
			func(w *writer, v reflect.Value) { w.uint(v.Uint()) },
			func(r *reader, v reflect.Value) { v.SetUint(r.uint()) },
		}
	case t.Kind() == reflect.Float64:
		return &plan{
			func(w *writer, v reflect.Value) { w.float(v.Float()) },
			func(r *reader, v reflect.Value) { v.SetFloat(r.float()) },
		}
	}
	panic(fmt.Sprintf("pack: values of type %s cannot be packed", t))
}

// structPlan writes which fields are not zero, then those.
func (t *Table) structPlan(of reflect.Type) *plan {
	n := of.NumField()
	fields := make([]*plan, n)
	for i := range n {
		if !of.Field(i).IsExported() {
			panic(fmt.Sprintf("pack: %s has the unexported field %s", of, of.Field(i).Name))
		}
		fields[i] = t.planOf(of.Field(i).Type)
	}
	size := (n + 7) / 8
	return &plan{
		func(w *writer, v reflect.Value) {
			at := len(w.buf)
			for range size {
				w.buf = append(w.buf, 0)
			}
			for i := range n {
				if x := v.Field(i); !zero(x) {
					w.buf[at+i/8] |= 1 << (i % 8)
					fields[i].write(w, x)
				}
			}
		},
		func(r *reader, v reflect.Value) {
			set := r.take(size)
			for i := range n {
				if set[i/8]&(1<<(i%8)) != 0 {
					fields[i].read(r, v.Field(i))
				}
			}
		},
	}
}

// slicePlan writes the length and one more (0 = nil), then the values; large arrays without
// pointers are kept.
func (t *Table) slicePlan(of reflect.Type) *plan {
	elem, size := t.planOf(of.Elem()), int(of.Elem().Size())
	plain := pointerless(of.Elem())
	return &plan{
		func(w *writer, v reflect.Value) {
			n := v.Len()
			switch {
			case v.IsNil():
				w.uint(0)
			case plain && n*size >= keptFrom:
				w.uint(1)
				w.keep(v.Interface())
			default:
				w.uint(uint64(n) + 2) //nolint:gosec // a length
				each(v, func(x reflect.Value) { elem.write(w, x) })
			}
		},
		func(r *reader, v reflect.Value) {
			switch n := r.uint(); n {
			case 0:
				v.SetZero()
			case 1:
				x := reflect.ValueOf(r.kept[r.uint()])
				v.Set(x.Slice3(0, x.Len(), x.Len()))
			default:
				x := reflect.MakeSlice(of, int(n-2), int(n-2)) //nolint:gosec // was a length
				each(x, func(x reflect.Value) { elem.read(r, x) })
				v.Set(x)
			}
		},
	}
}

// zero is IsZero, but that a negative zero is none.
func zero(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Float64:
		return math.Float64bits(v.Float()) == 0
	case reflect.Array:
		for i := range v.Len() {
			if !zero(v.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v.IsZero()
		}
		for i := range v.NumField() {
			if !zero(v.Field(i)) {
				return false
			}
		}
		return true
	default:
		return v.IsZero()
	}
}

func pointerless(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if !pointerless(t.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return pointerless(t.Elem())
	default:
		return t.Kind() <= reflect.Complex128
	}
}

// mapPlan keeps maps as they are: in the table, where there is room.
func mapPlan(t reflect.Type) *plan {
	return &plan{
		func(w *writer, v reflect.Value) {
			if v.IsNil() {
				w.uint(0)
			} else if i, ok := w.t.shareMap(v); ok {
				w.uint(uint64(i)<<1 + 2)
			} else {
				w.uint(1)
				w.keep(v.Interface())
			}
		},
		func(r *reader, v reflect.Value) {
			switch n := r.uint(); {
			case n == 0:
				v.SetZero()
			case n == 1:
				v.Set(reflect.ValueOf(r.kept[r.uint()]))
			default:
				v.Set(r.t.mapped[n>>1-1])
			}
		},
	}
}
