package delivery

import (
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
)

// A Sample says which message somebody wants to see before anybody gets it.
type Sample struct {
	Warning  string       `json:"warning,omitempty"` // id of a live warning; "" = the built-in example of Hazard
	Hazard   event.Hazard `json:"hazard"`
	Level    level.Level  `json:"level"`
	Language string       `json:"language"` // one of phrase.MessageLanguages
	Channel  string       `json:"channel"`
	TLP      string       `json:"tlp"`     // "" = none
	Purpose  string       `json:"purpose"` // one of Purposes
}

// Purposes lists what a sample can be about: the purposes of notifications, with the ends of a
// warning told apart.
func Purposes() []string {
	return []string{"alarm", "update", "escalation", "proposed", "emergency", "ended", "cancelled", "expired", "digest", "test"}
}

// A Preview is a message as its receiver would see it.
type Preview struct {
	Sample
	Subject  string   `json:"subject"`
	Text     string   `json:"text"`
	HTML     string   `json:"html"`
	Short    string   `json:"short"`
	Lines    []string `json:"lines" nullable:"false"`
	Voice    []string `json:"voice" nullable:"false"`
	Answers  []string `json:"answers" nullable:"false"` // labels of the buttons
	Encoding string   `json:"encoding"`                 // of Short: GSM-7 or UCS-2
	Segments int      `json:"segments"`                 // that Short takes
	Units    int      `json:"units"`                    // that its characters are
	Left     int      `json:"left"`                     // that its last segment has left
	Right    bool     `json:"right_to_left"`
}
