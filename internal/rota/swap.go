package rota

import (
	"fmt"
	"slices"
	"time"

	"watchfire.dev/internal/fault"
)

// SwapState is where a request to swap stands. The words are part of the API.
type SwapState string

// The states of a swap.
const (
	Asked     SwapState = "asked"
	Accepted  SwapState = "accepted"
	Declined  SwapState = "declined"
	Withdrawn SwapState = "withdrawn"
)

// A Swap is a request: somebody else shall take a stretch of the asker's duty, and, when the
// second stretch is set, the asker takes that one in return. It changes nothing until the
// other has accepted it.
type Swap struct {
	ID       string    `json:"id"`
	Rota     string    `json:"rota"`
	Asker    Member    `json:"asker"`
	Other    Member    `json:"other"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Back     time.Time `json:"back,omitzero"`    // begin of the stretch taken in return
	BackTo   time.Time `json:"back_to,omitzero"` //
	Note     string    `json:"note,omitempty"`
	State    SwapState `json:"state"`
	At       time.Time `json:"at"`                // asked
	Answered time.Time `json:"answered,omitzero"` // accepted, declined or withdrawn
}

// AskSwap adds a request to the book. The asker must be on duty for the whole of the first
// stretch and the other for the whole of the second.
func (b Book) AskSwap(s Swap) (Book, error) {
	p, err := b.Ready(s.Rota)
	if err != nil {
		return b, err
	}
	if s.ID == "" || s.Asker.Nobody() || s.Other.Nobody() || s.Asker == s.Other {
		return b, fmt.Errorf("swap: want two different people: %w", fault.ErrInvalid)
	}
	if !s.At.Before(s.To) {
		return b, fmt.Errorf("swap of a stretch that is over: %w", fault.ErrInvalid)
	}
	if err := p.holds(s.Asker, s.From, s.To); err != nil {
		return b, err
	}
	if !s.Back.IsZero() {
		if err := p.holds(s.Other, s.Back, s.BackTo); err != nil {
			return b, err
		}
	}
	s.State, s.Answered = Asked, time.Time{}
	b.Swaps = append(slices.Clip(b.Swaps), s)
	return b, nil
}

// holds tells whether a member has duty for the whole of a stretch.
func (p *Plan) holds(m Member, from, to time.Time) error {
	if !from.Before(to) {
		return fmt.Errorf("swap from %s to %s: the end must be later: %w", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339), fault.ErrInvalid)
	}
	for _, s := range p.Shifts(from, to) {
		if s.Member != m {
			return fmt.Errorf("%s is not on duty of rota %s at %s: %w", m, p.rota.Code, s.From.Format(time.RFC3339), fault.ErrConflict)
		}
	}
	return nil
}

// AnswerSwap accepts, declines or withdraws a request. by must be the other person, or the
// asker to withdraw it (fault.ErrForbidden). What was true when it was asked must still be
// true when it is accepted (fault.ErrConflict).
func (b Book) AnswerSwap(id string, by Member, state SwapState, at time.Time, actor string) (Book, error) {
	i := slices.IndexFunc(b.Swaps, func(s Swap) bool { return s.ID == id })
	if i < 0 {
		return b, fmt.Errorf("swap %.40q: %w", id, fault.ErrNotFound)
	}
	s := b.Swaps[i]
	if s.State != Asked {
		return b, fmt.Errorf("swap %s is %s: %w", id, s.State, fault.ErrConflict)
	}
	want := s.Other
	if state == Withdrawn {
		want = s.Asker
	}
	if by != want {
		return b, fmt.Errorf("swap %s: only %s may: %w", id, want, fault.ErrForbidden)
	}
	switch state {
	case Declined, Withdrawn:
	case Accepted:
		if !at.Before(s.To) {
			return b, fmt.Errorf("swap %s: its stretch is over: %w", id, fault.ErrGone)
		}
		p, err := b.Ready(s.Rota)
		if err != nil {
			return b, err
		}
		if err := p.holds(s.Asker, s.From, s.To); err != nil {
			return b, err
		}
		list := slices.Clip(b.Overrides)
		list = append(list, Override{ID: id + "a", Rota: s.Rota, From: s.From, To: s.To, Member: s.Other, Swap: id, Actor: actor})
		if !s.Back.IsZero() {
			if err := p.holds(s.Other, s.Back, s.BackTo); err != nil {
				return b, err
			}
			list = append(list, Override{ID: id + "b", Rota: s.Rota, From: s.Back, To: s.BackTo, Member: s.Asker, Swap: id, Actor: actor})
		}
		b.Overrides = list
	default:
		return b, fmt.Errorf("swap %s: %.20q: want accepted, declined or withdrawn: %w", id, state, fault.ErrInvalid)
	}
	b.Swaps = slices.Clone(b.Swaps)
	b.Swaps[i].State, b.Swaps[i].Answered = state, at
	return b, nil
}
