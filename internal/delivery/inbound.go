package delivery

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"watchfire.dev/internal/response"
)

// A Request is what a provider sent to our hook of one channel, read whole within limits.
type Request struct {
	Method string
	URL    string // as the provider was given it: base URL, path and query; some sign it
	Query  url.Values
	Header http.Header
	Body   []byte
	At     time.Time
}

// An Answer is what a provider gets back. The zero value is 204 without a body.
type Answer struct {
	Status int
	Type   string // content type
	Body   []byte
}

// A Hook is a channel whose provider calls us: receipts, replies, pressed buttons.
type Hook interface {
	// Hear checks that the request comes from the provider and reads it. Its error wraps
	// fault.ErrUnauthorised when the signature does not hold and fault.ErrInvalid when the
	// request cannot be read; nothing of it counts then.
	Hear(ctx context.Context, r Request) (Heard, error)
}

// A Listener is a channel that asks its provider, or waits at it, for what comes back: a
// mailbox, a topic, long polling. It needs no address of ours that the world can reach.
type Listener interface {
	// Listen runs until ctx ends. It gives what it heard to heard and forgets it only when
	// heard returns nil: until then it is on nobody's disk.
	Listen(ctx context.Context, heard func(context.Context, Heard) error) error
}

// Heard is what came back in one go.
type Heard struct {
	Receipts []Late
	Replies  []Reply
	// Yes is what the provider gets once all is on disk, No when it is not: a voice must not
	// say "acknowledged" before it is.
	Yes, No Answer
	// After shows in the room what was noted, once all is on disk; nil = nothing to show. Its
	// error concerns nobody's answer and is only logged.
	After func(ctx context.Context) error
}

// A Late receipt tells what became of a message after the provider had taken it. It may come
// twice, in the wrong order, and before our own attempt has ended.
type Late struct {
	Notification string         // our key, when the provider gives it back
	Remote       string         // else the provider's id of the message
	State        response.State // Queued, Sent, Delivered or Failed
	Kind         FaultKind      // why it failed
	Detail       string
	At           time.Time // the provider's time; zero = when it came
}

// Said is what a reply means.
type Said string

// What people reply. Anything else is kept as a note on the warning's timeline.
const (
	SaidHaveIt Said = "have_it"   // "1": acknowledged by a person
	SaidHelp   Said = "need_help" // "2"
	SaidCannot Said = "cannot"    // "3": somebody else must
	SaidSafe   Said = "safe"      // "SAFE": answers a roll-call
	SaidLeave  Said = "leave"     // "STOP": the receiver's wish to hear no more here below red
	SaidOther  Said = "other"
)

// A Reply is what a person sent back over a channel.
type Reply struct {
	ID           string // the provider's id of the reply; what comes twice counts once
	Notification string // what it answers, when the channel knows; else the newest to From counts
	Remote       string // the provider's id of the message that it answers, if it is known
	From         string // address of the person, as in Contact.Channels
	Said         Said
	Text         string // as written, cut to 500 characters; never journalled
	At           time.Time
}

// Form says which of a message's texts a channel takes.
type Form string

// The forms of a message's text.
const (
	Full   Form = "full"   // subject, text, HTML
	Brief  Form = "brief"  // Short: one SMS segment
	Chat   Form = "chat"   // Subject and Lines, with buttons
	Spoken Form = "spoken" // for a voice
	Data   Form = "data"   // a machine reads it: no names of persons
)

// An Ability is what a channel can do, so that nothing is promised on it that cannot be.
type Ability struct {
	Form     Form
	Receipts bool // tells later whether the message arrived
	Answers  bool // people can answer on it
	Threads  bool // an update is shown with the earlier message
	Edits    bool // an update replaces the earlier message
	Personal bool // reaches one person, not a room: names of persons may go over it
	Single   bool // each warning must come by itself: the other end keeps what each one is at
}

// An Abled channel says what it can do; one that does not is taken for Full and no more.
type Abled interface{ Able() Ability }

// A Button is an answer that a channel can show under its message.
type Button struct {
	Said  Said
	Label string
	URL   string // one-tap page with the same answer
}
