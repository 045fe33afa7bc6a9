package wording

import (
	"math"
	"slices"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// voice sets a message as sentences for a voice: level first, then what, where, when and
// what to do, the keys last. It has no abbreviation, no sign and no link.
func (w *Wording) voice(l letter, c delivery.Claimed, f delivery.Facts) []string {
	s, wr := l.Speaker, f.Warning
	var out []string
	say := func(sentences ...string) { out = append(out, sentences...) }
	switch {
	case !warning.Active(wr):
		say(s.T("mail.over." + string(wr.State)))
	case wr.State == warning.Draft:
		say(s.T("voice.draft", "Level", s.Level(wr.Level)))
	default:
		say(s.T("voice.level", "Level", s.Level(wr.Level), "Call", s.Call(wr.Level)))
	}
	if wr.Emergency && l.Active {
		say(s.T("voice.emergency"))
	}
	if w.simulated {
		say(s.T("simulated"))
	}
	switch {
	case c.Purpose == response.Escalation && l.Active:
		say(s.T("mail.escalation"))
	case c.Purpose == response.Overdue && l.Active:
		say(s.T("mail.overdue"))
	}
	if l.Held {
		say(s.T("voice.project", "Project", f.Project.Name), s.T("voice.held"))
	} else {
		say(spokenWhat(s, wr), spokenWhere(s, f))
	}
	if when := wr.ETA; l.Active && when.After(wr.At) {
		say(s.T("voice.ahead", "Time", s.Spoken(when, siteZone(f))))
	} else {
		say(s.T("voice.now", "Time", s.Spoken(wr.At, siteZone(f))))
	}
	for _, do := range l.Words.Do {
		say(s.T("voice.do", "Do", strings.TrimRight(do, ".。")))
	}
	if l.AnswerURL != "" && w.able(c.Channel).Answers {
		say(s.T("voice.keys"))
	}
	for i := range out {
		out[i] = phrase.Bare(out[i])
	}
	return slices.DeleteFunc(out, func(sentence string) bool { return strings.TrimSpace(sentence) == "" })
}

func spokenWhat(s phrase.Speaker, w warning.Warning) string {
	if len(w.Events) > 0 && w.Hazard == event.Earthquake {
		if m, ok := w.Events[0].Measures.Get("magnitude"); ok {
			return s.T("voice.magnitude", "Hazard", s.Hazard(w.Hazard), "M", s.Magnitude(m))
		}
	}
	return s.T("voice.what", "Hazard", s.Hazard(w.Hazard))
}

func spokenWhere(s phrase.Speaker, f delivery.Facts) string {
	if len(f.Warning.Rows) == 0 {
		return s.T("voice.project", "Project", f.Project.Name)
	}
	r := f.Warning.Rows[0]
	r.Name = phrase.Plain(r.Name, 80)
	where := s.Where(r)
	if r.How == exposure.Distance && r.DistanceKM >= 0.5 {
		where = s.T("where.distance", "Asset", r.Name, "Distance", s.T("voice.km", "N", int(math.Round(r.DistanceKM))))
	}
	return s.T("voice.where", "Where", where, "Project", f.Project.Name)
}
