package cap

import (
	"strings"
	"time"
)

// Reference names an earlier message by what makes it unique (CAP 1.2 §3.2.1).
type Reference struct {
	Sender     string
	Identifier string
	// Sent is zero in messages of CAP 1.0, whose references carry no time.
	Sent time.Time
}

// Key gives "sender,identifier,sent" with the time in UTC and whole seconds, so that the
// same message has one key whichever offset or form its time was written in.
func (r Reference) Key() string {
	sent := ""
	if !r.Sent.IsZero() {
		sent = formatTime(r.Sent.UTC())
	}
	return r.Sender + "," + r.Identifier + "," + sent
}

// String gives the form CAP wants inside <references>, with the offset of Sent kept.
func (r Reference) String() string {
	return r.Sender + "," + r.Identifier + "," + formatTime(r.Sent)
}

// Reference names this message, for use by those that follow it.
func (a *Alert) Reference() Reference {
	return Reference{Sender: a.Sender, Identifier: a.Identifier, Sent: a.Sent}
}

// Key is the key of this message in a thread.
func (a *Alert) Key() string { return a.Reference().Key() }

// Supersedes gives the keys of the messages that this one replaces (Update) or calls off
// (Cancel); nothing for the other types, whose references only point. Whether the sender
// may do so to another sender's message is for the caller to judge.
func (a *Alert) Supersedes() []string {
	if a.MsgType != MsgUpdate && a.MsgType != MsgCancel {
		return nil
	}
	keys := make([]string, 0, len(a.References))
	for _, r := range a.References {
		keys = append(keys, r.Key())
	}
	return keys
}

// ParseReferences reads the text of <references>: "sender,identifier,sent" separated by
// white space. It bears white space around the commas and inside a sender. What cannot
// be read comes back in bad, each with a reason.
func ParseReferences(text string) (refs []Reference, bad []string) {
	return parseReferences(text, false)
}

// FormatReferences is the inverse of ParseReferences.
func FormatReferences(refs []Reference) string {
	parts := make([]string, len(refs))
	for i, r := range refs {
		parts[i] = r.String()
	}
	return strings.Join(parts, " ")
}

// maxReference is the length in bytes after which pieces are no longer glued together.
const maxReference = 1024

func parseReferences(text string, cap10 bool) (refs []Reference, bad []string) {
	words := strings.Fields(text)
	pending := ""
	for _, word := range words {
		// Words without a comma before a whole reference are the front of its sender
		// ("KMA SEOUL,1,…"); with a comma they are a reference of their own, broken.
		spaced := pending != "" && !strings.Contains(pending, ",")
		if ref, ok := wholeReference(word, cap10); ok && !spaced {
			if pending != "" {
				bad = append(bad, excerpt(pending)+" is not sender,identifier,sent")
				pending = ""
			}
			refs = append(refs, ref)
			continue
		}
		if len(pending) > maxReference {
			bad = append(bad, excerpt(pending)+" is not sender,identifier,sent")
			pending = ""
		}
		pending = glue(pending, word)
		if ref, ok := wholeReference(pending, cap10); ok {
			bad = append(bad, excerpt(pending)+" has white space inside; read all the same")
			refs = append(refs, ref)
			pending = ""
		}
	}
	if pending != "" {
		bad = append(bad, excerpt(pending)+" is not sender,identifier,sent")
	}
	return refs, bad
}

// glue joins two words of one reference; white space next to a comma means nothing.
func glue(pending, word string) string {
	if pending == "" || strings.HasSuffix(pending, ",") || strings.HasPrefix(word, ",") {
		return pending + word
	}
	return pending + " " + word
}

// wholeReference reads exactly three parts with a time at the end. CAP 1.0 wrote
// "identifier/sender".
func wholeReference(s string, cap10 bool) (Reference, bool) {
	switch strings.Count(s, ",") {
	case 2:
		sender, rest, _ := strings.Cut(s, ",")
		id, sent, _ := strings.Cut(rest, ",")
		sender, id = strings.TrimSpace(sender), strings.TrimSpace(id)
		t, _, ok := parseTime(strings.TrimSpace(sent))
		return Reference{Sender: sender, Identifier: id, Sent: t}, ok && sender != "" && id != ""
	case 0:
		id, sender, ok := strings.Cut(s, "/")
		return Reference{Sender: sender, Identifier: id}, cap10 && ok && id != "" && sender != ""
	}
	return Reference{}, false
}
