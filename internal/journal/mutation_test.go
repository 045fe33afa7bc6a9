package journal_test

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/journal/journaltest"
)

// A mutation damages the tables at a random place. It returns the entries from and to in
// which the report must place the damage, or -1 if it is about no entry.
type mutation struct {
	name string
	do   func(r *rand.Rand, f fixture, tb testing.TB, j *journaltest.Tables) (from, to int64)
}

func mutations() []mutation {
	return []mutation{
		{"edit a byte", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			i := r.IntN(60)
			e := &j.Rows[i].Entry
			kind, body := string(e.Kind), string(e.Body)
			flip([]*string{&e.Org, &kind, &e.Actor, &e.Subject, &e.Prev, &body}[r.IntN(6)], r)
			e.Kind, e.Body = journal.Kind(kind), []byte(body)
			return int64(i), int64(i)
		}},
		{"delete", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			i := r.IntN(60)
			j.Rows = append(j.Rows[:i:i], j.Rows[i+1:]...)
			return int64(i), int64(i)
		}},
		{"delete and renumber", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			i := r.IntN(60)
			j.Rows = append(j.Rows[:i:i], j.Rows[i+1:]...)
			rebuild(j, i)
			return int64(i - i%20), 59
		}},
		{"reorder", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			a := r.IntN(59)
			b := a + 1 + r.IntN(59-a)
			j.Rows[a], j.Rows[b] = j.Rows[b], j.Rows[a]
			if r.IntN(2) == 0 {
				j.Rows[a].Entry.Seq, j.Rows[b].Entry.Seq = int64(a), int64(b)
			}
			return int64(a), int64(b)
		}},
		{"duplicate", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			i := r.IntN(60)
			j.Rows = append(j.Rows[:i+1:i+1], j.Rows[i:]...)
			if r.IntN(2) == 0 {
				rebuild(j, i+1)
				if i == 59 {
					// A forged entry after the last witnessed one cannot be seen; take another.
					j.Rows[0].Entry.Org = "org_x"
					return 0, 0
				}
				return int64(i + 1 - (i+1)%20), 60
			}
			return int64(i), int64(i)
		}},
		{"cut the tail", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			n := r.IntN(60)
			j.Rows, j.Tree, j.Points = j.Rows[:n], j.Tree[:tlog.StoredHashCount(int64(n))], j.Points[:n/20]
			return int64(n), int64(n)
		}},
		{"change a stored hash", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			j.Tree[r.IntN(len(j.Tree))].Hash[r.IntN(32)] ^= 1 << r.IntN(8)
			return 0, 59
		}},
		{"drop or double a stored hash", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			i := r.IntN(len(j.Tree))
			j.Tree = append(j.Tree[:i:i], j.Tree[i+1-2*r.IntN(2)*min(1, i):]...)
			return 0, 60
		}},
		{"change a leaf", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			i := r.IntN(60)
			j.Rows[i].Leaf[r.IntN(32)] ^= 1 << r.IntN(8)
			return int64(i), int64(i)
		}},
		{"change a checkpoint", func(r *rand.Rand, _ fixture, _ testing.TB, j *journaltest.Tables) (int64, int64) {
			c := j.Points[r.IntN(len(j.Points))]
			c[r.IntN(len(c))] ^= 1 << r.IntN(8)
			return -1, -1
		}},
		{"rewrite all that follows", func(r *rand.Rand, f fixture, tb testing.TB, j *journaltest.Tables) (int64, int64) {
			i := r.IntN(60)
			flip(&j.Rows[i].Entry.Subject, r)
			rebuild(j, i)
			if r.IntN(2) == 0 {
				f.resign(tb, j, i/20)
			}
			return 0, 59
		}},
	}
}

// flip changes one bit of one byte of s.
func flip(s *string, r *rand.Rand) {
	b := []byte(*s)
	b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	*s = string(b)
}

// TestMutationsAreFound is promise 9: whatever is done to entries, hashes or checkpoints
// before the last witnessed checkpoint is found, and placed.
func TestMutationsAreFound(t *testing.T) {
	t.Parallel()
	const rounds = 2000
	f := newFixture(t)
	all := mutations()
	for i := range rounds {
		r := rand.New(rand.NewPCG(9, uint64(i)))
		m := all[i%len(all)]
		j := f.tables.Clone()
		from, to := m.do(r, f, t, &j)
		report, err := journal.Verify(t.Context(), j, f.options())
		if err != nil {
			t.Fatalf("seed %d (%s): %v", i, m.name, err)
		}
		if report.OK {
			t.Fatalf("seed %d (%s): not found", i, m.name)
		}
		first := report.First
		if last := max(first.Seq, first.Last); last < from || first.Seq > to {
			t.Errorf("seed %d (%s): placed at %d to %d, damage was in %d to %d: %s", i, m.name, first.Seq, last, from, to, first.Text)
		}
	}
}
