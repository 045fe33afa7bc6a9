package assessment

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

// A Bundle is a run as it is handed to an outsider: the method's files, the inputs and the
// results, all as text, so that each can be read and hashed as it stands. Whoever has it can
// reckon the run again with the program alone.
type Bundle struct {
	Run       string   `json:"run"`
	Method    string   `json:"method"`    // the method file
	Reference string   `json:"reference"` // its reference
	Snapshot  string   `json:"snapshot"`  // canonical inputs
	Results   []string `json:"results"`   // canonical results, by unit
}

// A Verification says whether a run, reckoned again from its inputs, gives its bytes.
type Verification struct {
	Run      string   `json:"run"`
	Method   string   `json:"method"`
	Snapshot string   `json:"snapshot"` // SHA-256 of the inputs
	Results  string   `json:"results"`  // SHA-256 of the results that were given, one a line
	Units    int      `json:"units"`
	Same     bool     `json:"same"`
	Differ   []string `json:"differ,omitempty"` // units whose bytes are others
}

// ReadBundle reads what Bundle marshals to. Errors wrap fault.ErrInvalid.
func ReadBundle(raw []byte) (Bundle, error) {
	var b Bundle
	if err := json.Unmarshal(raw, &b); err != nil || b.Snapshot == "" || b.Method == "" {
		return b, fmt.Errorf("read a bundle of assessments: %w", fault.ErrInvalid)
	}
	return b, nil
}

// HashResults is the SHA-256 of canonical results, one a line.
func HashResults(bodies [][]byte) string {
	var all bytes.Buffer
	for _, b := range bodies {
		all.Write(b)
		all.WriteByte('\n')
	}
	return id.Hash(all.Bytes())
}

// Verify reckons the run again and compares byte by byte.
func (b Bundle) Verify(ctx context.Context, workers int) (Verification, error) {
	out := Verification{Run: b.Run, Snapshot: Hash([]byte(b.Snapshot))}
	m, err := Load([]byte(b.Method), []byte(b.Reference))
	if err != nil {
		return out, err
	}
	out.Method = m.Version
	s, err := ReadSnapshot([]byte(b.Snapshot))
	if err != nil {
		return out, err
	}
	again, err := Assess(ctx, m, s, workers)
	if err != nil {
		return out, err
	}
	given := map[string]string{}
	bodies := make([][]byte, len(b.Results))
	for i, r := range b.Results {
		var head struct{ Unit string }
		if err := json.Unmarshal([]byte(r), &head); err != nil {
			return out, fmt.Errorf("result %d: %w: %w", i+1, fault.ErrInvalid, err)
		}
		given[head.Unit], bodies[i] = r, []byte(r)
	}
	out.Units, out.Results = len(again), HashResults(bodies)
	for _, r := range again {
		body, err := r.Canonical()
		if err != nil {
			return out, err
		}
		if given[r.Unit] != string(body) {
			out.Differ = append(out.Differ, r.Unit)
		}
	}
	out.Same = len(out.Differ) == 0 && len(again) == len(b.Results)
	return out, nil
}
