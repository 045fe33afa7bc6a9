package response

import (
	"slices"
	"strings"
	"time"

	"watchfire.dev/internal/id"
	"watchfire.dev/internal/portfolio"
)

// letterMark stands in the place of a warning's id before the id of a letter.
const letterMark = "letter "

// LetterID is the id of the letter that a notification brings; ok is false for every other.
func (n Notification) LetterID() (letter string, ok bool) {
	letter, ok = strings.CutPrefix(n.Warning, letterMark)
	return letter, ok && n.Purpose == Letter
}

// LetterMark is what stands in the place of a warning's id in the notifications of a letter.
func LetterMark(letter string) string { return letterMark + letter }

// IsLetter tells whether what stands in the place of a warning's id is a letter.
func IsLetter(warning string) bool { return strings.HasPrefix(warning, letterMark) }

// Letters are the notifications that bring one letter to a contact over each of their
// addresses that people read. Their ids follow from the letter's, so that it goes out once
// however often it is queued. They sound like green: no flood holds them, and nobody is asked
// next when they fail. A mail wakes nobody; whatever else rings waits for the end of the
// contact's quiet hours.
func (d Duty) Letters(org, letter string, c portfolio.Contact, at time.Time) []Notification {
	choice := d.Choice(c.ID)
	end, quiet := choice.quietUntil(at, People{}.zoneOf(choice.Apply(c)))
	var out []Notification
	for _, a := range c.Channels {
		if noLetters(a.Channel) {
			continue
		}
		n := Notification{
			ID: id.Derived("ntf", letterMark, org, letter, c.ID, a.Channel, a.Address), Org: org, Warning: letterMark + letter, Contact: c.ID,
			Channel: a.Channel, Address: a.Address, Purpose: Letter, Due: at, State: Pending, Queued: at,
		}
		if quiet && a.Channel != "email" {
			n.Due, n.Held = end, HeldQuiet
		}
		out = append(out, n)
	}
	return out
}

// ReadsLetters tells whether a contact has an address that brings letters.
func ReadsLetters(c portfolio.Contact) bool {
	return slices.ContainsFunc(c.Channels, func(a portfolio.Address) bool { return !noLetters(a.Channel) })
}

// noLetters tells whether a channel is read by programs, or calls by voice.
func noLetters(channel string) bool { return machine(channel) || channel == "voice" }
