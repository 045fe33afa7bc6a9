package replay

import (
	"encoding/json"

	"watchfire.dev/internal/watch"
)

type encoder struct {
	b []byte
}

func (e *encoder) reset() { e.b = e.b[:0] }
func (e *encoder) Write(b []byte) (int, error) {
	e.b = append(e.b, b...)
	return len(b), nil
}

func (e *encoder) decision(d *watch.Decision) error {
	enc := json.NewEncoder(e)
	enc.SetEscapeHTML(false)
	return enc.Encode(d)
}
