package rota

import (
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
)

// maxElapsed bounds a shift that is counted in elapsed hours.
const maxElapsed = 60 * 24

// A turn is a layer made ready to be asked: parsed, with its zone loaded.
type turn struct {
	layer   Layer
	zone    *time.Location
	start   date
	until   date // 0 = never
	minutes []int
	step    int           // days between days of hand-over
	elapsed time.Duration // of a shift when hours do not divide a day; else 0
	windows []window
}

type window struct {
	days     [7]bool // by time.Weekday
	from, to int     // minutes; to may be above a day's
}

// ready parses a layer. The error names the field.
func ready(l Layer, zone string) (turn, error) {
	t := turn{layer: l}
	if l.Zone != "" {
		zone = l.Zone
	}
	var err error
	if t.zone, err = LoadZone(zone); err != nil {
		return t, err
	}
	if t.start, err = parseDate(l.Start); err != nil {
		return t, fmt.Errorf("start: %w", err)
	}
	if l.Until != "" {
		if t.until, err = parseDate(l.Until); err != nil {
			return t, fmt.Errorf("until: %w", err)
		}
	}
	for _, h := range l.HandOver {
		m, err := parseMinute(h)
		if err != nil || m == 24*60 {
			return t, fmt.Errorf("hand-over time %.20q: want 00:00 to 23:59: %w", h, fault.ErrInvalid)
		}
		t.minutes = append(t.minutes, m)
	}
	slices.Sort(t.minutes)
	if t.minutes = slices.Compact(t.minutes); len(t.minutes) == 0 {
		return t, fmt.Errorf("a layer needs a hand-over time: %w", fault.ErrInvalid)
	}
	if err := t.length(l); err != nil {
		return t, err
	}
	for _, w := range l.Windows {
		x, err := readyWindow(w)
		if err != nil {
			return t, err
		}
		t.windows = append(t.windows, x)
	}
	return t, nil
}

func (t *turn) length(l Layer) error {
	most := map[Unit]int{Hours: maxElapsed, Days: 366, Weeks: 52}[l.Unit]
	if l.Length < 1 || l.Length > most {
		return fmt.Errorf("length of a shift %d %.10q: want 1 or more hours, days or weeks, at most %d hours, 366 days or 52 weeks: %w", l.Length, l.Unit, maxElapsed, fault.ErrInvalid)
	}
	t.step = l.Length
	switch l.Unit {
	case Weeks:
		t.step = 7 * l.Length
	case Hours:
		if len(t.minutes) > 1 {
			return fmt.Errorf("shifts in hours take one hand-over time, the first: %w", fault.ErrInvalid)
		}
		if 24%l.Length != 0 {
			t.elapsed = time.Duration(l.Length) * time.Hour
			return nil
		}
		first := t.minutes[0]
		t.step, t.minutes = 1, nil
		for m := first % (l.Length * 60); m < 24*60; m += l.Length * 60 {
			t.minutes = append(t.minutes, m)
		}
	}
	return nil
}

func readyWindow(w Window) (window, error) {
	var x window
	for _, d := range w.Days {
		all := weekdays()
		i := slices.Index(all[:], d)
		if i < 0 {
			return x, fmt.Errorf("day %.20q: want mon to sun: %w", d, fault.ErrInvalid)
		}
		x.days[i] = true
	}
	if len(w.Days) == 0 {
		x.days = [7]bool{true, true, true, true, true, true, true}
	}
	x.to = 24 * 60
	var err error
	if w.From != "" {
		if x.from, err = parseMinute(w.From); err != nil {
			return x, err
		}
	}
	if w.To != "" {
		if x.to, err = parseMinute(w.To); err != nil {
			return x, err
		}
	}
	if x.to <= x.from {
		x.to += 24 * 60
	}
	return x, nil
}

// holder is whose turn it is at an instant, which one in a row since the start, and since
// when; ok is false before the first hand-over and where the layer has no members.
func (t *turn) holder(at time.Time) (m Member, n int, since time.Time, ok bool) {
	n, since, ok = t.last(at)
	if !ok || len(t.layer.Members) == 0 {
		return Member{}, 0, time.Time{}, false
	}
	size := len(t.layer.Members)
	return t.layer.Members[((n+t.layer.Offset)%size+size)%size], n, since, true
}

// first is the first hand-over: the earliest time of hand-over on the start's date. With
// shifts of hours it is the time that was set.
func (t *turn) first() int {
	if t.layer.Unit != Hours || t.elapsed > 0 {
		return 0
	}
	m, err := parseMinute(t.layer.HandOver[0])
	if err != nil {
		return 0 // ready has refused it
	}
	return max(0, slices.Index(t.minutes, m))
}

// last is the newest hand-over at or before an instant, counted from the start. A hand-over
// that the change of a clock puts on the same instant as the next does not show: the later
// one counts.
func (t *turn) last(at time.Time) (n int, when time.Time, ok bool) {
	if t.elapsed > 0 {
		begin := t.start.at(t.minutes[0], t.zone)
		if at.Before(begin) {
			return 0, begin, false
		}
		n = int(at.Sub(begin) / t.elapsed)
		return n, begin.Add(time.Duration(n) * t.elapsed), true
	}
	k := floorDiv(int(dateOf(at, t.zone)-t.start), t.step)
	for k++; k >= 0; k-- { // the day after first: a clock can change the date
		day := t.start + date(k*t.step)
		for j := len(t.minutes) - 1; j >= 0; j-- {
			n = k*len(t.minutes) + j - t.first()
			if n < 0 {
				return 0, time.Time{}, false
			}
			if when = day.at(t.minutes[j], t.zone); !when.After(at) {
				return n, when, true
			}
		}
	}
	return 0, time.Time{}, false
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// stands tells whether the layer has duty at an instant by its dates and windows.
func (t *turn) stands(at time.Time) bool {
	if t.layer.Disabled {
		return false
	}
	today := dateOf(at, t.zone)
	if t.until != 0 && today >= t.until {
		return false
	}
	if len(t.windows) == 0 {
		return true
	}
	for _, w := range t.windows {
		for day := today - 1; day <= today; day++ {
			from, to, ok := w.on(day, t.zone)
			if ok && !at.Before(from) && at.Before(to) {
				return true
			}
		}
	}
	return false
}

// on gives the window's part of a day.
func (w window) on(day date, zone *time.Location) (from, to time.Time, ok bool) {
	if !w.days[day.utc().Weekday()] {
		return from, to, false
	}
	end := day
	minute := w.to
	if minute >= 24*60 {
		end, minute = day+1, minute-24*60
	}
	return day.at(w.from, zone), end.at(minute, zone), true
}

// changes adds the instants in [from, to) at which the layer's answer may change.
func (t *turn) changes(out []time.Time, from, to time.Time) []time.Time {
	add := func(at time.Time) {
		if !at.Before(from) && at.Before(to) {
			out = append(out, at)
		}
	}
	if t.elapsed > 0 {
		n, when, ok := t.last(from)
		if !ok {
			n, when = 0, t.start.at(t.minutes[0], t.zone)
		}
		for ; when.Before(to); n, when = n+1, when.Add(t.elapsed) {
			add(when)
		}
	}
	first, end := dateOf(from, t.zone)-1, dateOf(to, t.zone)+1
	for day := first; day <= end; day++ {
		if t.elapsed == 0 && day >= t.start && int(day-t.start)%t.step == 0 {
			for _, m := range t.minutes {
				add(day.at(m, t.zone))
			}
		}
		for _, w := range t.windows {
			if a, b, ok := w.on(day, t.zone); ok {
				add(a)
				add(b)
			}
		}
		if t.until != 0 && day == t.until {
			add(day.at(0, t.zone))
		}
	}
	return out
}

// Until tells whether an instant lies in the window, by the wall clock of a zone, and when it
// ends. The error names what is wrong with the window.
func (w Window) Until(at time.Time, zone *time.Location) (end time.Time, in bool, err error) {
	x, err := readyWindow(w)
	if err != nil {
		return time.Time{}, false, err
	}
	today := dateOf(at, zone)
	for day := today - 1; day <= today; day++ {
		if from, to, ok := x.on(day, zone); ok && !at.Before(from) && at.Before(to) && to.After(end) {
			end, in = to, true
		}
	}
	return end, in, nil
}

// NextAt is the first instant after at at which the wall clock of a zone first shows a time
// of the day.
func NextAt(at time.Time, zone *time.Location, hhmm string) (time.Time, error) {
	m, err := parseMinute(hhmm)
	if err != nil || m == 24*60 {
		return time.Time{}, fmt.Errorf("time %.20q: want 00:00 to 23:59: %w", hhmm, fault.ErrInvalid)
	}
	for day := dateOf(at, zone) - 1; ; day++ {
		if t := day.at(m, zone); t.After(at) {
			return t, nil
		}
	}
}
