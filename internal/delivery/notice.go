package delivery

import "time"

// NoticeKind says what a notice is about.
type NoticeKind string

// The kinds of notice.
const (
	SurveyAsk    NoticeKind = "survey_ask"    // a questionnaire is open
	SurveyRound  NoticeKind = "survey_round"  // its next round is open, with what the group said
	SurveyRemind NoticeKind = "survey_remind" // not answered yet
	RegisterDue  NoticeKind = "register_due"  // what somebody has to do in the risk register
	RegisterLate NoticeKind = "register_late" // what somebody checks and nobody has done in time
	RegisterGaps NoticeKind = "register_gaps" // what somebody's controls lack, once a week
)

// A Notice is a message to one contact that belongs to no warning. It is kept as facts and
// worded when it is sent, so that it comes in the language that its reader then has.
type Notice struct {
	ID      string     `json:"id"`
	Org     string     `json:"org"`
	Contact string     `json:"contact"`
	Kind    NoticeKind `json:"kind"`
	At      time.Time  `json:"at"`
	// Of a survey: its code and title, who is asked, and until when.
	Survey     string    `json:"survey,omitempty"`
	Title      string    `json:"title,omitempty"`
	Intro      string    `json:"intro,omitempty"`
	Respondent string    `json:"respondent,omitempty"`
	Round      int       `json:"round,omitempty"`
	Rounds     int       `json:"rounds,omitempty"`
	Deadline   time.Time `json:"deadline,omitzero"`
	// Of the register: what is due or lacks something.
	Items []NoticeItem `json:"items,omitempty"`
}

// A NoticeItem is one line of a notice about the register.
type NoticeItem struct {
	What  string `json:"what"`            // "action", "test", "exception", "review"; of a gap "owner", "evidence", …
	Entry string `json:"entry"`           // code of the risk
	Thing string `json:"thing,omitempty"` // code of the action, control or exception
	Title string `json:"title"`
	Day   string `json:"day,omitempty"` // due, YYYY-MM-DD
	Late  bool   `json:"late,omitempty"`
	Owner string `json:"owner,omitempty"` // where it goes to somebody else
}
