// Command benchassess measures a full assessment: every country of the starter set and 500
// invented projects in one portfolio, 1,000 draws each. It runs twice, on all processors and
// on one with every row shuffled, and compares the bytes; then it prints a report of six pages.
// It prints lines `figure NAME VALUE UNIT` and fails where the bytes differ.
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/indicator"
)

func main() {
	projects := flag.Int("projects", 500, "invented projects")
	draws := flag.Int("draws", 1000, "draws for each unit")
	flag.Parse()
	err := run(*projects, *draws)
	if err == nil {
		err = forecasts()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchassess:", err)
		os.Exit(1)
	}
}

func run(projects, draws int) error {
	s, err := world(projects, draws)
	if err != nil {
		return err
	}
	countries := 0
	for _, u := range s.Units {
		if u.Kind == assessment.Country {
			countries++
		}
	}
	start := time.Now()
	first, err := digest(s, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	took := time.Since(start).Seconds()
	runtime.GOMAXPROCS(1)
	shuffle(s)
	second, err := digest(s, 1)
	if err != nil {
		return err
	}
	fmt.Printf("%d countries, %d projects, %d draws each; SHA-256 %x\n", countries, projects, draws, first)
	fmt.Printf("figure assess.full_s %.2f s\n", took)
	fmt.Printf("figure assess.rss_mb %.0f MB\n", peak())
	identical := 0
	if first == second {
		identical = 1
	}
	fmt.Printf("figure assess.identical %d bool\n", identical)
	if identical == 0 {
		return fmt.Errorf("on one processor with shuffled rows: SHA-256 %x", second)
	}
	return printed()
}

func digest(s *assessment.Snapshot, workers int) (sum [32]byte, err error) {
	out, err := assessment.Assess(context.Background(), assessment.Default(), s, workers)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	for _, r := range out {
		raw, err := r.Canonical()
		if err != nil {
			return sum, err
		}
		h.Write(raw)
	}
	return [32]byte(h.Sum(nil)), nil
}

// world is the starter set with invented projects in countries of every region.
func world(projects, draws int) (*assessment.Snapshot, error) {
	asOf := time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	obs := indicator.Starter()
	r := rand.New(rand.NewPCG(1, 2))
	in := assessment.Inputs{AsOf: asOf, Known: asOf, Seed: 42, Draws: draws}
	places := strings.Fields("KE ML PE NP ID CD LA PK MZ TR UA HT PH TZ AO UZ RS DZ ZM BD")
	var members []assessment.Member
	for i := range projects {
		u := assessment.Unit{ID: fmt.Sprintf("project:P%03d", i), Kind: assessment.Project, Name: fmt.Sprintf("Project %d", i), Country: places[i%len(places)], People: float64(50 + i)}
		for _, d := range indicator.All() {
			if !d.Own || r.Float64() > 0.7 {
				continue
			}
			o, err := indicator.Own(indicator.Observation{Indicator: d.ID, Place: u.ID, Period: "2026-06-01", Value: float64(int(100*r.Float64()*min(d.High, 40))) / 100, Source: "site"}, asOf)
			if err != nil {
				return nil, err
			}
			obs = append(obs, o)
		}
		in.Units, members = append(in.Units, u), append(members, assessment.Member{Unit: u.ID, Weight: u.People})
	}
	in.Units = append(in.Units, assessment.Unit{ID: "portfolio:all", Kind: assessment.Portfolio, Name: "All", Members: members})
	in.Observations = obs
	return assessment.Build(assessment.Default(), in), nil
}

func shuffle(s *assessment.Snapshot) {
	r := rand.New(rand.NewPCG(3, 4))
	r.Shuffle(len(s.Units), func(i, j int) { s.Units[i], s.Units[j] = s.Units[j], s.Units[i] })
	for _, u := range s.Units {
		r.Shuffle(len(u.Values), func(i, j int) { u.Values[i], u.Values[j] = u.Values[j], u.Values[i] })
		r.Shuffle(len(u.Members), func(i, j int) { u.Members[i], u.Members[j] = u.Members[j], u.Members[i] })
	}
}

// peak is the largest resident set of this process in MB; 0 where the system does not say.
func peak() float64 {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}
