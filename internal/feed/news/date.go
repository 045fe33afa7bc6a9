package news

import (
	"strings"
	"time"

	"watchfire.dev/internal/feed/scan"
)

// date reads the forms of dates that newsrooms use, also with the names of months and days
// in other languages ("Seg, 24 Set 2018 19:42:40 -0300").
func date(text string) (time.Time, bool) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || len(text) > 64 {
		return time.Time{}, false
	}
	if t, err := scan.Time(text, layouts()...); err == nil {
		return t, true
	}
	if at := strings.Index(text, ", "); at > 0 && at < 16 {
		text = text[at+2:] // the name of the day adds nothing
	}
	f := strings.Fields(text)
	if len(f) < 3 {
		return time.Time{}, false
	}
	month, ok := months()[strings.TrimRight(strings.ToLower(f[1]), ".")]
	if !ok {
		return time.Time{}, false
	}
	f[1] = month
	t, err := scan.Time(strings.Join(f, " "), layouts()...)
	return t, err == nil
}

func layouts() []string {
	return []string{
		time.RFC3339, time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST",
		"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04 -0700",
		"2 Jan 06 1504 MST", "2 Jan 2006", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02",
	}
}

// months maps short and long names in Portuguese, Spanish, French, German and English to
// the short English ones.
func months() map[string]string {
	out := make(map[string]string)
	for english, names := range map[string]string{
		"Jan": "jan janeiro ene enero janv janvier januar january", "Feb": "fev fevereiro feb febrero févr fév février februar february",
		"Mar": "mar março marzo mars mär märz march", "Apr": "abr abril avr avril apr april",
		"May": "mai maio may mayo", "Jun": "jun junho junio juin juni june", "Jul": "jul julho julio juil juillet juli july",
		"Aug": "ago agosto aug août aout august", "Sep": "set setembro sep sept septiembre septembre september",
		"Oct": "out outubro oct octubre octobre okt oktober october", "Nov": "nov novembro noviembre novembre november",
		"Dec": "dez dezembro dic diciembre déc décembre dezember dec december",
	} {
		for name := range strings.FieldsSeq(names) {
			out[name] = english
		}
	}
	return out
}
