package advice

import (
	"fmt"
	"strings"
)

// The steps of advice_level. Where a government has words of its own they are mapped by
// what it asks the traveller to do:
//
//	step  United States           Canada (advisory-state)      United Kingdom (alert_status)           Australia
//	1     1 normal precautions    0 normal precautions         none                                    normal precautions
//	2     2 increased caution     1 high degree of caution     …_to_parts (advice for parts only)      high degree of caution
//	3     3 reconsider travel     2 avoid non-essential        avoid_all_but_essential_…_whole_country reconsider your need
//	4     4 do not travel         3 avoid all travel           avoid_all_travel_to_whole_country       do not travel
const (
	Normal     = 1
	Caution    = 2
	Reconsider = 3
	DoNotGo    = 4
)

// levelWords are looked for in this order: a text may name a lower step after a higher one.
var levelWords = [...]struct {
	words string
	level int
}{
	{"avoid all travel", DoNotGo},
	{"do not travel", DoNotGo},
	{"avoid non-essential travel", Reconsider},
	{"avoid nonessential travel", Reconsider},
	{"all but essential travel", Reconsider},
	{"reconsider", Reconsider},
	{"high degree of caution", Caution},
	{"increased caution", Caution},
	{"normal security precautions", Normal},
	{"normal safety precautions", Normal},
	{"normal precautions", Normal},
}

// levelOf reads a step from a government's words: "Level 3: Reconsider Travel". The number
// and the words must agree; 0 means that none is stated.
func levelOf(words string) int {
	words = strings.ToLower(words)
	number := 0
	if _, after, ok := strings.Cut(words, "level "); ok && after != "" && after[0] >= '1' && after[0] <= '4' {
		if len(after) == 1 || after[1] < '0' || after[1] > '9' {
			number = int(after[0] - '0')
		}
	}
	for _, w := range levelWords {
		if strings.Contains(words, w.words) {
			return max(number, w.level)
		}
	}
	return number
}

// higher returns the higher of two statements of one level and a note when both are made
// and differ.
func higher(number int, words string) (level int, note string) {
	byWords := levelOf(words)
	if number < Normal || number > DoNotGo {
		return byWords, ""
	}
	if byWords != 0 && byWords != number {
		return max(byWords, number), fmt.Sprintf("number %d and words %q differ: the higher is taken", number, plain(words, 80))
	}
	return number, ""
}
