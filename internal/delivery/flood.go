package delivery

import "time"

// Flooding says when somebody gets more than can be read (EEMUA 191: below one alarm in ten
// minutes on average, below ten in ten minutes at the peak).
type Flooding struct {
	Enter  int           // notifications that sounded within Window; that many begin a flood
	Leave  int           // notifications that came within Window; fewer end it
	Window time.Duration // what both are counted over
	First  time.Duration // from the beginning of a flood to its first digest
	Every  time.Duration // from digest to digest
}

// DefaultFlooding is ten in ten minutes to enter and fewer than five to leave.
func DefaultFlooding() Flooding {
	return Flooding{Enter: 10, Leave: 5, Window: 10 * time.Minute, First: time.Minute, Every: 10 * time.Minute}
}

// A Flood is a recipient whose notifications below red go into digests.
type Flood struct {
	Recipient
	Since time.Time
	Next  time.Time // when the next digest is due
}

// Recent is what a recipient got lately.
type Recent struct {
	Sounded int // sent, or on their way, one by one
	Came    int // decided, whatever became of them
}

// Begins tells whether one more message would be one too many.
func (f Flooding) Begins(r Recent) bool { return f.Enter > 0 && r.Sounded >= f.Enter }

// Ends tells whether a flood is over.
func (f Flooding) Ends(r Recent) bool { return r.Came < f.Leave }

// Begin is a flood that begins now.
func (f Flooding) Begin(r Recipient, now time.Time) Flood {
	return Flood{Recipient: r, Since: now, Next: now.Add(f.First)}
}
