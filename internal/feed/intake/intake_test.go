package intake_test

import (
	"context"
	"strings"
	"testing"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/intake"
	"watchfire.dev/internal/watch"
)

// archive keeps records as the store does, also over the deaths of their reader.
type archive struct {
	open  []intake.Record
	tries map[int64]int
}

func (a *archive) Store(context.Context, intake.Record) (int64, error) { return 0, nil }

func (a *archive) Open(_ context.Context, limit int) ([]intake.Record, error) {
	list := append([]intake.Record(nil), a.open[:min(limit, len(a.open))]...)
	for i := range list {
		a.tries[list[i].Receipt]++
		list[i].Tries = a.tries[list[i].Receipt]
	}
	return list, nil
}

// Observe works the oldest record through.
func (a *archive) Observe(_ context.Context, o watch.Observation) (int, error) {
	a.open = a.open[1:]
	if strings.HasPrefix(o.Receipt.Poison, "given up") {
		a.tries[-o.Receipt.ID] = 1
	}
	return 0, nil
}

// TestPoisonTakesNobodyWithIt: a record that kills the process whenever it is parsed is given
// up after three deaths; the innocent ones that came with it are read all the same.
func TestPoisonTakesNobodyWithIt(t *testing.T) {
	t.Parallel()
	a := &archive{tries: map[int64]int{}}
	for id := range int64(4) {
		a.open = append(a.open, intake.Record{Receipt: id + 1, Kind: "lab", Body: []byte{byte(id)}})
	}
	var read []byte
	in := intake.New(intake.Config{
		Archive: a, Watch: a, Source: func(string) (feed.Source, bool) { return feed.Source{}, false },
		Formats: []feed.Format{{Kind: "lab", Parse: func(i feed.Input) (feed.Result, error) {
			read = append(read, i.Body[0])
			return feed.Result{}, nil
		}}},
		Failpoint: func(step string) {
			if step == "parsed" && len(read) > 0 && read[len(read)-1] == 0 {
				read = nil
				panic("killed")
			}
		},
	})
	deaths := 1 // before any restart
	restart := func() (died bool) {
		defer func() { died = recover() != nil }()
		if err := in.Resume(t.Context()); err != nil {
			t.Error(err)
		}
		return false
	}
	for restart() {
		if deaths++; deaths > 10 {
			t.Fatal("it is never given up")
		}
	}
	if deaths != intake.Tries || a.tries[-1] != 1 {
		t.Errorf("given up after %d deaths", deaths)
	}
	if string(read) != "\x01\x02\x03" {
		t.Errorf("of the innocent ones % x were read", read)
	}
}
