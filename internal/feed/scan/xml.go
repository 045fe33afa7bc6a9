package scan

import (
	"bytes"
	"fmt"

	"watchfire.dev/internal/fault"
)

// XML checks body before any XML parser sees it: at most MaxBytes, MaxTokens tokens and
// MaxDepth open elements, no DOCTYPE (so no entities of its own), no attribute twice in one
// tag, and an encoding that keeps ASCII as it is, so that nothing hides from this check.
// It does not ask for matching end tags: feeds that are not well-formed are salvaged.
func XML(body []byte) error {
	if err := Size(body); err != nil {
		return err
	}
	if bytes.IndexByte(body[:min(len(body), 1024)], 0) >= 0 {
		return fmt.Errorf("XML in an encoding with NUL bytes: %w", fault.ErrInvalid)
	}
	depth, w := 0, walker{body: body}
	for n := 1; w.next(); n++ {
		if n > MaxTokens {
			return fmt.Errorf("XML with more than %d tokens: %w", MaxTokens, fault.ErrTooLarge)
		}
		switch w.kind {
		case doctype:
			return fmt.Errorf("XML with a DOCTYPE at byte %d: %w", w.start, fault.ErrInvalid)
		case open:
			if depth++; depth > MaxDepth {
				return fmt.Errorf("XML nested deeper than %d at byte %d: %w", MaxDepth, w.start, fault.ErrTooLarge)
			}
		case shut:
			depth--
		}
		if name := w.doubled(); name != "" {
			return fmt.Errorf("XML attribute %q twice in the tag at byte %d: %w", name, w.start, fault.ErrInvalid)
		}
	}
	return nil
}

// An Element is one piece of an XML document: the bytes from its start tag to the end of
// its end tag, and where it begins. Whole is false when it was not closed before the next
// element of its name or the end of the document.
type Element struct {
	Raw    []byte
	Offset int
	Whole  bool
}

// Elements returns the elements called name, with any or no prefix, in the order of the
// document. It looks at tags, comments and CDATA only, so a fault inside one element is
// left to the parser of that element. Elements of that name inside one another are not
// expected: the outer one then counts as not closed.
func Elements(body []byte, name string) []Element {
	var out []Element
	from, w := -1, walker{body: body}
	end := func(at int, whole bool) {
		if from >= 0 {
			out = append(out, Element{Raw: body[from:at], Offset: from, Whole: whole})
		}
		from = -1
	}
	for w.next() {
		if w.kind == other || w.kind == doctype || string(w.local()) != name {
			continue
		}
		switch w.kind {
		case open:
			end(w.start, false)
			from = w.start
		case empty:
			end(w.start, false)
			from = w.start
			end(w.end, true)
		case shut:
			end(w.end, true)
		}
	}
	end(len(body), false)
	return out
}

type tokenKind int

const (
	other tokenKind = iota // comment, CDATA section, processing instruction
	doctype
	open
	shut
	empty // <name/>
)

// walker steps over the markup of a document. What is opened but never closed (a comment,
// a CDATA section, a tag) is stepped over by its first bytes alone, once known to have no
// end: that keeps the walk linear and lets the rest of a broken feed be found.
type walker struct {
	body       []byte
	start, end int
	kind       tokenKind
	noEnd      [3]bool // no more "-->", "]]>", "?>" in the rest of the body
}

func (w *walker) next() bool {
	at := bytes.IndexByte(w.body[w.end:], '<')
	if at < 0 {
		return false
	}
	w.start = w.end + at
	rest := w.body[w.start:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		w.skip(4, 0, "-->")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		w.skip(9, 1, "]]>")
	case bytes.HasPrefix(rest, []byte("<?")):
		w.skip(2, 2, "?>")
	case bytes.HasPrefix(rest, []byte("<!")):
		w.kind, w.end = doctype, w.start+2
	default:
		w.tag(rest)
	}
	return true
}

func (w *walker) skip(opening, which int, until string) {
	w.kind, w.end = other, w.start+opening
	if w.noEnd[which] {
		return
	}
	if at := bytes.Index(w.body[w.end:], []byte(until)); at >= 0 {
		w.end += at + len(until)
	} else {
		w.noEnd[which] = true
	}
}

// tag finds the '>' that ends the tag, outside of quotes. A '<', which XML forbids inside of
// quotes as well, ends a broken tag early: no byte is looked at twice.
func (w *walker) tag(rest []byte) {
	w.kind, w.end = other, w.start+1
	if len(rest) < 2 || !(rest[1] == '/' || nameByte(rest[1])) {
		return
	}
	var quote byte
	for i := 1; i < len(rest); i++ {
		w.end = w.start + i
		switch c := rest[i]; {
		case c == '<':
			return
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			w.end, w.kind = w.start+i+1, open
			if rest[1] == '/' {
				w.kind = shut
			} else if rest[i-1] == '/' {
				w.kind = empty
			}
			return
		}
	}
	w.end = len(w.body)
}

// local is the name of the tag without its prefix.
func (w *walker) local() []byte {
	b := bytes.TrimPrefix(w.body[w.start+1:w.end], []byte("/"))
	n := 0
	for n < len(b) && (nameByte(b[n]) || b[n] == ':') {
		n++
	}
	b = b[:n]
	return b[bytes.LastIndexByte(b, ':')+1:]
}

// doubled returns the name of an attribute that the tag has twice, or "".
func (w *walker) doubled() string {
	if w.kind != open && w.kind != empty {
		return ""
	}
	b := w.body[w.start:w.end]
	if bytes.Count(b, []byte("=")) < 2 {
		return ""
	}
	seen := make(map[string]bool)
	var quote byte
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '=':
			name := bytes.TrimRight(b[:i], " \t\r\n")
			s := string(name[bytes.LastIndexAny(name, " \t\r\n\"'=")+1:])
			if seen[s] {
				return s
			}
			seen[s] = true
		}
	}
	return ""
}

func nameByte(c byte) bool {
	return c == '_' || c == '-' || c == '.' || c >= 0x80 ||
		('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9')
}
