package exposure

import "testing"

func TestTriggerWordsAreWholeWords(t *testing.T) {
	t.Parallel()
	r := loadRules()
	for title, want := range map[string]string{
		"Soldiers announce coup d'état on state television":   "coup",
		"Couple injured at festival":                          "",
		"Mandatory evacuation for zones A and B":              "mandatory evacuation",
		"Do not travel: ordered departure of embassy staff":   "ordered departure",
		"Protesters recoup losses":                            "",
		"International airport closed after drone sightings":  "airport closed",
		"Parliament debates declaration of war anniversaries": "declaration of war",
		"": "",
	} {
		if got := r.trigger(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}
