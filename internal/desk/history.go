package desk

import (
	"context"
	"time"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
)

// A WarningLife is one warning from when people were told to what became of it.
type WarningLife struct {
	Head warning.Warning // newest revision, its rows cut to the first few
	// Told is when people were told first of each level or a higher one; zero = never.
	Told [4]time.Time
	// Answered is when somebody first acknowledged what was told at each level; zero = nobody.
	Answered [4]time.Time
	// Sent is how many notifications were to go out, Failed how many of them were given up,
	// Arrived how many were accepted by a channel or delivered.
	Sent, Failed, Arrived int
}

// HistoryStore is what a store tells about the past of the watch. Every method names its
// organisation.
type HistoryStore interface {
	Organisation(ctx context.Context, id string) (portfolio.Organisation, error)
	// WarningLives lists the warnings that changed from an instant on and were opened before
	// another, by the instant at which they were opened.
	WarningLives(ctx context.Context, org string, from, before time.Time) ([]WarningLife, error)
	// EventsChanged lists the events whose newest revision is of a span of time, by id; holding
	// keeps those whose stored form has a word, "" = all.
	EventsChanged(ctx context.Context, org string, from, before time.Time, holding string) ([]event.Event, error)
	WarningsWhole(ctx context.Context, org string, ids []string) ([]warning.Warning, error)
	EventsByID(ctx context.Context, org string, ids []string) ([]event.Event, error)
	// RowsOf are the exposures of the newest revision of events.
	RowsOf(ctx context.Context, org string, ids []string) ([]exposure.Exposure, error)
}
