package cap

import "strings"

// The vocabularies of CAP 1.2 §3.2. A value read from outside that is not in the
// vocabulary is kept as it stands in Status, MsgType, Scope, Category and ResponseType,
// and reported; compare with the constants, never with "not equal to".
type (
	Status       string
	MsgType      string
	Scope        string
	Category     string
	ResponseType string
	Urgency      string
	Severity     string
	Certainty    string
)

// Status: how the message is to be handled. Only StatusActual is for the public to act on.
const (
	StatusActual   Status = "Actual"
	StatusExercise Status = "Exercise"
	StatusSystem   Status = "System"
	StatusTest     Status = "Test"
	StatusDraft    Status = "Draft"
)

// MsgType: the nature of the message.
const (
	MsgAlert  MsgType = "Alert"
	MsgUpdate MsgType = "Update"
	MsgCancel MsgType = "Cancel"
	MsgAck    MsgType = "Ack"
	MsgError  MsgType = "Error"
)

// Scope: the intended distribution.
const (
	ScopePublic     Scope = "Public"
	ScopeRestricted Scope = "Restricted"
	ScopePrivate    Scope = "Private"
)

// Category of the event.
const (
	CategoryGeo       Category = "Geo"
	CategoryMet       Category = "Met"
	CategorySafety    Category = "Safety"
	CategorySecurity  Category = "Security"
	CategoryRescue    Category = "Rescue"
	CategoryFire      Category = "Fire"
	CategoryHealth    Category = "Health"
	CategoryEnv       Category = "Env"
	CategoryTransport Category = "Transport"
	CategoryInfra     Category = "Infra"
	CategoryCBRNE     Category = "CBRNE"
	CategoryOther     Category = "Other"
)

// ResponseType: the action recommended.
const (
	ResponseShelter  ResponseType = "Shelter"
	ResponseEvacuate ResponseType = "Evacuate"
	ResponsePrepare  ResponseType = "Prepare"
	ResponseExecute  ResponseType = "Execute"
	ResponseAvoid    ResponseType = "Avoid"
	ResponseMonitor  ResponseType = "Monitor"
	ResponseAssess   ResponseType = "Assess"
	ResponseAllClear ResponseType = "AllClear"
	ResponseNone     ResponseType = "None"
)

// Urgency: when to act. Expected means within the next hour, Future in the near future.
const (
	UrgencyImmediate Urgency = "Immediate"
	UrgencyExpected  Urgency = "Expected"
	UrgencyFuture    Urgency = "Future"
	UrgencyPast      Urgency = "Past"
	UrgencyUnknown   Urgency = "Unknown"
)

// Severity: the threat to life or property.
const (
	SeverityExtreme  Severity = "Extreme"
	SeveritySevere   Severity = "Severe"
	SeverityModerate Severity = "Moderate"
	SeverityMinor    Severity = "Minor"
	SeverityUnknown  Severity = "Unknown"
)

// Certainty: Likely means a probability above one half, Possible at most one half.
const (
	CertaintyObserved Certainty = "Observed"
	CertaintyLikely   Certainty = "Likely"
	CertaintyPossible Certainty = "Possible"
	CertaintyUnlikely Certainty = "Unlikely"
	CertaintyUnknown  Certainty = "Unknown"
)

type vocabulary int

const (
	statusWords vocabulary = iota
	msgTypeWords
	scopeWords
	categoryWords
	responseWords
	urgencyWords
	severityWords
	certaintyWords
)

// canonical gives the standard's spelling of s when s differs from it in case only.
func canonical(v vocabulary, s string) (word string, known bool) {
	switch v {
	case statusWords:
		return pick(s, "Actual", "Exercise", "System", "Test", "Draft")
	case msgTypeWords:
		return pick(s, "Alert", "Update", "Cancel", "Ack", "Error")
	case scopeWords:
		return pick(s, "Public", "Restricted", "Private")
	case categoryWords:
		return pick(s, "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health",
			"Env", "Transport", "Infra", "CBRNE", "Other")
	case responseWords:
		return pick(s, "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor",
			"Assess", "AllClear", "None")
	case urgencyWords:
		return pick(s, "Immediate", "Expected", "Future", "Past", "Unknown")
	case severityWords:
		return pick(s, "Extreme", "Severe", "Moderate", "Minor", "Unknown")
	case certaintyWords:
		return pick(s, "Observed", "Likely", "Possible", "Unlikely", "Unknown")
	}
	return s, false
}

// inVocabulary tells whether s is spelt exactly as the standard spells it.
func inVocabulary(v vocabulary, s string) bool {
	word, known := canonical(v, s)
	return known && word == s
}

func pick(s string, words ...string) (string, bool) {
	for _, w := range words {
		if w == s {
			return w, true
		}
	}
	for _, w := range words {
		if strings.EqualFold(w, s) {
			return w, true
		}
	}
	return s, false
}
