package phrase

import (
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/warning"
)

// DoBrief is the first instruction in two or three words, for a text that has little room.
func (s Speaker) DoBrief(w warning.Warning) string {
	switch {
	case !warning.Active(w):
		return s.T("short.do." + string(w.State))
	case w.Level == level.Green:
		return s.T("short.do.green")
	}
	words, ok := doBrief(w.Hazard)
	if !ok {
		words, _ = doBrief(event.Other)
	}
	return s.T("short.do." + words[w.Level-1])
}

// doBrief names the brief instructions of a hazard at yellow, orange and red. Each says the
// same as the first line of the instructions in full.
func doBrief(h event.Hazard) (words [3]string, ok bool) {
	words, ok = map[event.Hazard][3]string{
		event.Earthquake: {"check_cranes", "stop_lifting", "leave_buildings"},
		event.Tsunami:    {"keep_off_shore", "clear_shore", "high_ground"},
		event.Cyclone:    {"secure_site", "secure_site", "shelter"},
		event.Storm:      {"secure_site", "stop_lifting", "shelter"},
		event.Cold:       {"limit_outside", "limit_outside", "stop_outside"},
		event.Heat:       {"water_shade", "limit_outside", "stop_outside"},
		event.Flood:      {"watch_water", "leave_low", "high_ground"},
		event.Landslide:  {"watch_slopes", "stop_below", "leave_slopes"},
		event.Wildfire:   {"no_fire", "ready_leave", "leave_now"},
		event.Volcano:    {"masks", "ready_leave", "leave_now"},
		event.Drought:    {"save_water", "save_water", "save_water"},
		event.Marine:     {"keep_off_shore", "stop_marine", "off_water"},
		event.AirQuality: {"masks", "limit_outside", "stop_outside"},
		event.Conflict:   {"check_journeys", "limit_journeys", "shelter"},
		event.Terrorism:  {"avoid_crowds", "stop_journeys", "stay_inside"},
		event.Unrest:     {"avoid_crowds", "close_gates", "stay_inside"},
		event.Crime:      {"check_journeys", "limit_journeys", "stop_journeys"},
		event.Kidnap:     {"check_journeys", "stop_journeys", "stop_journeys"},
		event.Outbreak:   {"hygiene", "part_sick", "no_entry"},
		event.Advice:     {"read", "limit_journeys", "stop_journeys"},
		event.Sanctions:  {"check_names", "hold_payments", "stop_dealings"},
		event.Law:        {"read", "hold_work", "stop_work"},
		event.Corridor:   {"check_route", "hold_vehicles", "hold_vehicles"},
		event.Cyber:      {"patch", "disconnect", "disconnect"},
		event.Industrial: {"keep_away", "ready_leave", "leave_now"},
		event.Other:      {"read", "count", "stop_work"},
	}[h]
	return words, ok
}

// Stamp writes an instant in few characters, always with its zone: "09:06 UTC+5"; the day
// stands before it when it is not the day of now: "8 Oct, 23:06 UTC+5".
func (s Speaker) Stamp(t, now time.Time, zone string) string {
	l := s.book.Location(zone)
	a, b := t.In(l), now.In(l)
	_, offset := a.Zone()
	clock := a.Format("15:04") + " UTC"
	if offset != 0 {
		clock += strings.Replace(signed(offset), "−", "-", 1) // as every telephone has it
	}
	if a.YearDay() == b.YearDay() && a.Year() == b.Year() {
		return clock
	}
	return s.T("short.day", "Day", a.Day(), "Month", s.month(a), "Clock", clock)
}

// Day writes the day of an instant in few characters: "8 Oct".
func (s Speaker) Day(t time.Time, zone string) string {
	l := t.In(s.book.Location(zone))
	return s.T("short.date", "Day", l.Day(), "Month", s.month(l))
}

// Spoken writes an instant as an engine reads it well: no colon, no abbreviation, the zone by
// the name of its city: "7 October, 9 hours 6 minutes, Karachi time".
func (s Speaker) Spoken(t time.Time, zone string) string {
	l := t.In(s.book.Location(zone))
	name := s.T("voice.utc")
	if l.Location() != time.UTC {
		name = s.T("voice.zone", "City", City(zone))
	}
	clock := s.T("voice.hours", "N", l.Hour())
	if l.Minute() > 0 {
		clock = s.T("voice.clock", "Hours", clock, "Minutes", s.T("voice.minutes", "N", l.Minute()))
	}
	return s.T("voice.time", "Day", l.Day(), "Month", s.T("voice.month."+strconv.Itoa(int(l.Month()))), "Clock", clock, "Zone", name)
}
