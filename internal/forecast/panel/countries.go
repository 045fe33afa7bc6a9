package panel

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"sync"

	"watchfire.dev/internal/country"
)

// countriesCSV lists the 191 countries of the VIEWS prediction challenge 2023/24 with their
// ids, as published with it, and the month since when its data know those that came into
// being after January 1990 (1 = the others).
//
//go:embed data/countries.csv
var countriesCSV []byte

// countries reads the list. A mistake in it is ours.
var countries = sync.OnceValue(func() []Unit {
	rows, err := csv.NewReader(bytes.NewReader(countriesCSV)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("panel/data/countries.csv: %v", err))
	}
	var out []Unit
	for _, r := range rows[1:] {
		id, err := strconv.Atoi(r[0])
		if err != nil {
			panic(fmt.Sprintf("panel/data/countries.csv: %v", err))
		}
		out = append(out, Unit{ID: id, Name: r[1]})
	}
	return out
})

// sinces gives the first month of each country by id.
var sinces = sync.OnceValue(func() map[int]Month {
	rows, err := csv.NewReader(bytes.NewReader(countriesCSV)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("panel/data/countries.csv: %v", err))
	}
	out := map[int]Month{}
	for _, r := range rows[1:] {
		id, err1 := strconv.Atoi(r[0])
		since, err2 := strconv.Atoi(r[2])
		if err1 != nil || err2 != nil {
			panic(fmt.Sprintf("panel/data/countries.csv: %v", r))
		}
		out[id] = Month(since)
	}
	return out
})

// directory finds countries by id or name as the files write them.
func directory() map[string]Unit {
	out := map[string]Unit{}
	for _, u := range countries() {
		out[u.Name], out[strconv.Itoa(u.ID)] = u, u
	}
	return out
}

// neighboursCSV lists pairs of countries that share a border on land, read off the outlines
// of Natural Earth (public domain) at 1:50 million. Territories that are no unit of the list
// count to the one that VIEWS counts them to.
//
//go:embed data/neighbours.csv
var neighboursCSV []byte

// neighbours reads the pairs, both ways, by id.
var neighbours = sync.OnceValue(func() map[int][]int {
	rows, err := csv.NewReader(bytes.NewReader(neighboursCSV)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("panel/data/neighbours.csv: %v", err))
	}
	out := map[int][]int{}
	for _, r := range rows[1:] {
		a, err1 := strconv.Atoi(r[0])
		b, err2 := strconv.Atoi(r[1])
		if err1 != nil || err2 != nil {
			panic(fmt.Sprintf("panel/data/neighbours.csv: %v", r))
		}
		out[a], out[b] = append(out[a], b), append(out[b], a)
	}
	return out
})

// ISO gives the ISO 3166 code of a country of the list; "" for one that is not in it.
func (u Unit) ISO() string {
	if code, ok := map[int]string{152: "MH", 167: "CD", 180: "SB"}[u.ID]; ok { // names that are cut short
		return code
	}
	code, _ := country.Find(u.Name)
	return code
}

// ByISO gives the country of the list with this code.
func ByISO(code string) (Unit, bool) {
	u, ok := byISO()[code]
	return u, ok
}

var byISO = sync.OnceValue(func() map[string]Unit {
	out := map[string]Unit{}
	for _, u := range countries() {
		out[u.ISO()] = u
	}
	return out
})

// ByID gives the country of the list with this id.
func ByID(id int) (Unit, bool) {
	u, ok := byID()[id]
	return u, ok
}

var byID = sync.OnceValue(func() map[int]Unit {
	out := map[int]Unit{}
	for _, u := range countries() {
		out[u.ID] = u
	}
	return out
})
