package account

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
)

//go:embed common.txt
var commonText string

// common tells whether a password is among those that are guessed first: a word of the list
// or of the person, however often repeated and with whatever digits and signs around it; a
// run of neighbours on the keyboard or in the alphabet; or a handful of characters repeated.
func common(password string, own []string) bool {
	folded := unleet(strings.ToLower(password))
	if distinct(password) < 5 || run(strings.ToLower(password)) {
		return true
	}
	rest := folded
	for _, w := range words(own) {
		rest = strings.ReplaceAll(rest, w, "")
	}
	letters := 0
	for _, r := range rest {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return rest != folded && letters < 4
}

// words returns the list and the own words, longest first, so that a long word is taken out
// before a short one inside it.
func words(own []string) []string {
	list := strings.Fields(commonText)
	for _, w := range own {
		for part := range strings.FieldsFuncSeq(strings.ToLower(w), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(part) >= 3 {
				list = append(list, unleet(part))
			}
		}
	}
	slices.SortStableFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
}

// unleet undoes the usual swaps of letters for digits and signs.
func unleet(s string) string {
	return strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i").Replace(s)
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// run tells whether nine in ten steps go to a neighbour: up or down one character, or along
// a row of the keyboard.
func run(s string) bool {
	const rows = "qwertyuiop asdfghjkl zxcvbnm 1234567890 qwertzuiop azertyuiop"
	runes := []rune(s)
	steps := 0
	for i := 1; i < len(runes); i++ {
		d := runes[i] - runes[i-1]
		if d == 1 || d == -1 || d == 0 || strings.Contains(rows, string(runes[i-1:i+1])) {
			steps++
		}
	}
	return len(runes) > 1 && steps*10 >= (len(runes)-1)*9
}
