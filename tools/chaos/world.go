package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"watchfire.dev/tools/outside"
)

// netSource is the instrument that the labs' reds come from.
const netSource = `sources:
  - id: net
    name: Lab instrument
    kind: push
    licence: test
    attribution: test
    age_limit: 8760h
    reliability: A
    credibility: 1
    instrument: true
    owner: net
    hazards: [conflict]
`

// place spreads projects so far apart that what happens at one reaches no other.
func place(i int) (lat, lon float64) {
	const columns = 90
	return -50 + float64(i/columns)*1.8, -168 + float64(i%columns)*3.7
}

// portfolio has projects of one site and one contact each, whose webhook is the receiver's
// address and the project's path; contacts are more lines, in which %[1]d is the project and
// %[2]s the receiver.
func (l *lab) portfolio(projects int, contacts ...string) string {
	var csv strings.Builder
	csv.WriteString("thing,project,code,name,country,zone,lat,lon,shifts,class,step,language,channels\n")
	for i := range projects {
		lat, lon := place(i)
		fmt.Fprintf(&csv, "project,,p%d,Project %d,PK,UTC,,,,,,,\nsite,p%d,s0,Site,PK,,%.4f,%.4f,all 10,masonry,,,\n", i, i, i, lat, lon)
		if len(contacts) == 0 {
			fmt.Fprintf(&csv, firstContact, i, l.got.URL)
		}
		for _, c := range contacts {
			fmt.Fprintf(&csv, c, i, l.got.URL)
		}
	}
	return csv.String()
}

// Contacts: one who is asked first, over one webhook; one who is asked when nobody answers.
const (
	firstContact  = "contact,p%[1]d,c%[1]d,Contact %[1]d,,UTC,,,,,1,en,webhook:%[2]s/p%[1]d\n"
	secondContact = "contact,p%[1]d,d%[1]d,Deputy %[1]d,,UTC,,,,,2,en,webhook:%[2]s/e%[1]d\n"
)

// signal is what happens at the place of project i: two of three are reds, said by the
// instrument, the third comes from anybody and is less.
func signal(key string, i int) (source string, body []byte, err error) {
	if i%3 == 2 {
		body, err = shelling(key, i, "Severe")
		return "push", body, err
	}
	return redAt(key, i)
}

// redAt is a red at the place of project i.
func redAt(key string, i int) (source string, body []byte, err error) {
	body, err = shelling(key, i, "Extreme")
	return "net", body, err
}

func shelling(key string, i int, severity string) ([]byte, error) {
	lat, lon := place(i)
	return json.Marshal(map[string]any{
		"key": key, "hazard": "conflict", "type": "shelling", "severity": severity, "certainty": "Observed",
		"texts":      []map[string]string{{"language": "en", "headline": fmt.Sprintf("Shelling %d at a site", i)}},
		"occurred":   time.Now().UTC(),
		"footprints": []map[string]any{{"role": "centre", "shape": map[string]any{"type": "Point", "coordinates": []float64{lon, lat}, "radius_km": 0.5}}},
	})
}

func keyOf(i int) string  { return fmt.Sprintf("chaos-%d", i) }
func pathOf(i int) string { return fmt.Sprintf("p%d", i) }

// accept notes that somebody said yes.
func (l *lab) accept(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.yes == nil {
		l.yes = map[string]string{}
	}
	l.yes[keyOf(i)] = pathOf(i)
}

// try sends the signal of a project once.
func (l *lab) try(ctx context.Context, i int, d *outside.Desk) error {
	source, body, err := signal(keyOf(i), i)
	if err != nil {
		return err
	}
	if err = outside.Post(ctx, d.Client, d.Base+"/api/v1/signals?source="+source, body); err == nil {
		l.accept(i)
	}
	return err
}

// red sends a red for a project, once.
func (l *lab) red(i int) error {
	source, body, err := redAt(keyOf(i), i)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err = outside.Post(ctx, l.desk.Client, l.desk.Base+"/api/v1/signals?source="+source, body); err == nil {
		l.accept(i)
	}
	return err
}

// push sends the signal of a project, again and again until one of the processes says yes.
func (l *lab) push(i int, desks ...*outside.Desk) error {
	if len(desks) == 0 {
		desks = []*outside.Desk{l.desk}
	}
	var last error
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); {
		for _, d := range desks {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			last = l.try(ctx, i, d)
			cancel()
			if last == nil {
				return nil
			}
		}
		<-time.After(20 * time.Millisecond)
	}
	return fmt.Errorf("signal %d was never taken: %w", i, last)
}

// pushing pushes from..to in the background, with a rest after each; the channel gives the
// first error.
func (l *lab) pushing(from, to int, rest time.Duration, desks ...*outside.Desk) <-chan error {
	done := make(chan error, 1)
	go func() {
		for i := from; i < to; i++ {
			if err := l.push(i, desks...); err != nil {
				done <- err
				return
			}
			<-time.After(rest)
		}
		done <- nil
	}()
	return done
}
