package journal

import "unicode/utf8"

// alreadyCanonical reports whether b is a JSON object that canonical would return as it is.
// It is a short cut of the hot path: true is certain, false only means "not sure", for
// instance because a string holds an escape. Depth was checked before.
func alreadyCanonical(b []byte) bool {
	s := scanner{rest: b}
	return len(b) > 0 && b[0] == '{' && s.value() && len(s.rest) == 0
}

// scanner consumes canonical JSON from the front of rest. Each method reports false as soon
// as it is not sure.
type scanner struct{ rest []byte }

func (s *scanner) take(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) word(w string) bool {
	if len(s.rest) < len(w) || string(s.rest[:len(w)]) != w {
		return false
	}
	s.rest = s.rest[len(w):]
	return true
}

func (s *scanner) value() bool {
	if len(s.rest) == 0 {
		return false
	}
	switch s.rest[0] {
	case '{':
		return s.object()
	case '[':
		return s.array()
	case '"':
		_, ok := s.text()
		return ok
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) object() bool {
	s.rest = s.rest[1:]
	if s.take('}') {
		return true
	}
	var last []byte
	for first := true; ; first = false {
		key, ok := s.text()
		// Equal keys are not canonical either: one of them would go.
		if !ok || (!first && string(key) <= string(last)) || !s.take(':') || !s.value() {
			return false
		}
		last = key
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) array() bool {
	s.rest = s.rest[1:]
	if s.take(']') {
		return true
	}
	for {
		if !s.value() {
			return false
		}
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// text takes a string without escapes. 0xE2 begins U+2028 and U+2029, which encoding/json
// escapes; such strings go the long way.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	for i, c := range s.rest {
		switch {
		case c == '"':
			t := s.rest[:i]
			s.rest = s.rest[i+1:]
			return t, utf8.Valid(t)
		case c < 0x20 || c == '\\' || c == 0xE2:
			return nil, false
		}
	}
	return nil, false
}

// number takes -?(0|[1-9][0-9]*)(\.[0-9]+)?; an exponent goes the long way.
func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && s.digits() == 0 {
		return false
	}
	if s.take('.') {
		return s.digits() > 0
	}
	return true
}

func (s *scanner) digits() int {
	n := 0
	for n < len(s.rest) && s.rest[n] >= '0' && s.rest[n] <= '9' {
		n++
	}
	s.rest = s.rest[n:]
	return n
}
