package journal

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Verdict names one way in which a journal can be bad.
type Verdict string

// The verdicts, the most exact first. When several things are wrong at one place the one
// that stands higher here names it.
const (
	EntryChanged     Verdict = "entry_changed"        // content does not fit its leaf hash
	OutOfOrder       Verdict = "out_of_order"         // an entry is missing, doubled or in another's place
	ChainBroken      Verdict = "chain_broken"         // an entry is not the one its follower names
	HashWrong        Verdict = "hash_wrong"           // a stored hash of the tree is wrong, missing or too many
	TailCut          Verdict = "tail_cut"             // shorter than a signed checkpoint says
	HistoryRewritten Verdict = "history_rewritten"    // root differs from a signed checkpoint
	SplitView        Verdict = "split_view"           // two signed checkpoints contradict each other
	BadCheckpoint    Verdict = "checkpoint_signature" // a checkpoint is not signed by a known key
	BadManifest      Verdict = "manifest_wrong"       // a bundle does not hold what it says it holds
)

var verdictOrder = map[Verdict]int{
	EntryChanged: 0, OutOfOrder: 1, ChainBroken: 2, HashWrong: 3, TailCut: 4,
	HistoryRewritten: 5, SplitView: 6, BadCheckpoint: 7, BadManifest: 8,
}

// exact reports whether the verdict points to one entry rather than to a range.
func (v Verdict) exact() bool { return verdictOrder[v] <= verdictOrder[HashWrong] }

// Completeness answers whether entries are missing. It is apart from the question whether
// those that are there are genuine.
type Completeness string

// The answers. Unknown means that nothing from outside says how long the journal was.
const (
	CompleteYes     Completeness = "yes"
	CompleteNo      Completeness = "no"
	CompleteUnknown Completeness = "unknown"
)

// A Finding is one thing that is wrong.
type Finding struct {
	Verdict Verdict `json:"verdict"`
	Seq     int64   `json:"seq"`            // first bad entry; -1 if it is about no entry
	Last    int64   `json:"last,omitempty"` // last entry of a range that begins at Seq, else 0
	Text    string  `json:"text"`           // one English sentence
}

// maxFindings bounds the list of a report; the rest is counted.
const maxFindings = 50

// A Report is the result of Verify.
type Report struct {
	OK           bool         `json:"ok"`       // nothing wrong was found
	Anchored     bool         `json:"anchored"` // at least one checkpoint came from outside
	Complete     Completeness `json:"complete"`
	CompleteWhy  string       `json:"complete_why"`
	First        *Finding     `json:"first_bad,omitempty"` // the first bad entry, or the best that is known
	Findings     []Finding    `json:"findings"`            // at most 50, in the order in which they were met
	FindingCount int          `json:"finding_count"`
	Size         int64        `json:"size"`        // entries seen, withheld ones included
	Root         string       `json:"root"`        // base64 root of the tree over them; empty if it cannot be told
	Withheld     int64        `json:"withheld"`    // entries of which an export gives only the hash
	Checkpoints  int          `json:"checkpoints"` // checkpoints that agree, witnessed ones included
	Witnessed    int          `json:"witnessed"`   // of these, those that came from outside
	// WitnessedSize is the size of the last agreeing checkpoint from outside, and
	// WitnessedAt its time; Unwitnessed counts the entries after it.
	WitnessedSize int64      `json:"witnessed_size"`
	WitnessedAt   *time.Time `json:"witnessed_at,omitempty"`
	Unwitnessed   int64      `json:"unwitnessed"`
	Notes         []string   `json:"notes"` // what a reader must know, none of it a fault
}

func (r *Report) add(v Verdict, seq int64, format string, args ...any) {
	r.addRange(v, seq, 0, format, args...)
}

func (r *Report) addRange(v Verdict, seq, last int64, format string, args ...any) {
	f := Finding{Verdict: v, Seq: seq, Last: last, Text: fmt.Sprintf(format, args...)}
	if r.FindingCount++; len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, f)
	}
	if r.First == nil || before(f, *r.First) {
		r.First = &f
	}
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// before orders findings for First: exact ones by entry, then the rest.
func before(a, b Finding) bool {
	if a.Verdict.exact() != b.Verdict.exact() {
		return a.Verdict.exact()
	}
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(verdictOrder[a.Verdict], verdictOrder[b.Verdict])) < 0
}

// has reports whether an exact finding lies in [from, to).
func (r *Report) has(from, to int64) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return f.Verdict.exact() && f.Seq >= from && f.Seq < to
	}) || r.First != nil && r.First.Verdict.exact() && r.First.Seq >= from && r.First.Seq < to
}

// Lines tells the report in English, a sentence each, the verdict first.
func (r *Report) Lines() []string {
	var out []string
	line := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.OK {
		line("good: %d entries agree with their hashes and with %d signed checkpoints", r.Size, r.Checkpoints)
	} else {
		line("BAD: %s", r.First.Text)
	}
	if r.Anchored {
		line("outside anchor: %d witnessed checkpoints agree, the last of %d entries", r.Witnessed, r.WitnessedSize)
		if r.WitnessedAt != nil {
			out[len(out)-1] += " at " + r.WitnessedAt.Format(timeLayout)
		}
	} else {
		line("NO OUTSIDE ANCHOR: no checkpoint from a witness was given. The chain proves little: whoever holds the database and the key could have rewritten all of it")
	}
	line("complete: %s (%s)", r.Complete, r.CompleteWhy)
	for _, n := range r.Notes {
		line("note: %s", n)
	}
	for _, f := range r.Findings {
		line("found: %s: %s", f.Verdict, f.Text)
	}
	if more := r.FindingCount - len(r.Findings); more > 0 {
		line("found: %d more", more)
	}
	return out
}
