package sheet

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/event"
	"watchfire.dev/internal/geo"
	"watchfire.dev/internal/portfolio"
)

// manyAssets is a portfolio of n assets in 100 projects with every column in use.
func manyAssets(n int) portfolio.Portfolio {
	p := portfolio.Portfolio{Org: "o", Version: 1}
	height := 12.5
	for i := range 100 {
		code := fmt.Sprintf("project-%d", i)
		p.Projects = append(p.Projects, portfolio.Project{ID: portfolio.ProjectID("o", code), Code: code, Name: "Project", Country: "PK", Zone: "Asia/Karachi"})
	}
	for i := range n {
		project := p.Projects[i%100]
		code := fmt.Sprintf("site-%d", i)
		p.Assets = append(p.Assets, portfolio.Asset{
			ID: portfolio.AssetID("o", project.Code, code), Project: project.ID, Kind: portfolio.Site, Code: code,
			Name: fmt.Sprintf("Site number %d", i), Country: "PK", Admin1: "PK-BA", Zone: "Asia/Karachi",
			Shape:  geo.At(25+float64(i%1000)/123, 62+float64(i%777)/77, 0.5),
			Shifts: []portfolio.Shift{{Name: "day", From: 360, To: 1080, Count: i % 300}, {Name: "night", From: 1080, To: 360, Count: 20}},
			Class:  "masonry", ElevationM: &height, CoastKM: &height,
			Radii: []portfolio.Radius{{Hazard: event.Earthquake, KM: 150}}, Tags: []string{"bridge", "fuel"},
		})
	}
	return p.Normal()
}

// A large file is taken whole, in each format. How fast, the benchmarks say: a test that
// looks at the clock fails on a busy machine.
func TestLargeFileIsTakenWhole(t *testing.T) {
	t.Parallel()
	p := manyAssets(3_000)
	for _, format := range Formats() {
		got, changes, problems := Reader{}.Read(bytes.NewReader(write(t, p, format)), "", portfolio.Portfolio{Org: "o"})
		if len(problems) > 0 || len(changes) != 3_100 || !cmp.Equal(p.Assets, got.Assets) {
			t.Errorf("%s: %d assets, %d changes, problems %v", format, len(got.Assets), len(changes), problems)
		}
	}
}

func BenchmarkRead10000Assets(b *testing.B) {
	p := manyAssets(10_000)
	for _, format := range Formats() {
		file := write(b, p, format)
		b.Run(string(format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, problems := (Reader{}).Read(bytes.NewReader(file), "", portfolio.Portfolio{Org: "o"}); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}

func BenchmarkWrite10000Assets(b *testing.B) {
	p := manyAssets(10_000)
	for _, format := range Formats() {
		b.Run(string(format), func(b *testing.B) {
			for b.Loop() {
				write(b, p, format)
			}
		})
	}
}
