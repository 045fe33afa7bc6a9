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

// list is the list of countries as it is looked up.
type list struct {
	units []Unit // in the order of the file
	since map[int]Month
	byID  map[int]Unit
	byISO map[string]Unit
}

// listed reads the list. A mistake in it is ours.
var listed = sync.OnceValue(func() list {
	out := list{since: map[int]Month{}, byID: map[int]Unit{}, byISO: map[string]Unit{}}
	for _, r := range rowsOf("countries.csv", countriesCSV) {
		u, since := Unit{ID: numberOf("countries.csv", r[0]), Name: r[1]}, numberOf("countries.csv", r[2])
		out.units = append(out.units, u)
		out.since[u.ID], out.byID[u.ID], out.byISO[u.ISO()] = Month(since), u, u
	}
	return out
})

// rowsOf are the rows of a file of ours below its first; numberOf is a number in one.
func rowsOf(name string, raw []byte) [][]string {
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("panel/data/%s: %v", name, err))
	}
	return rows[1:]
}

func numberOf(name, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("panel/data/%s: %v", name, err))
	}
	return n
}

// countries are the countries of the list.
func countries() []Unit { return listed().units }

// sinces gives the first month of each country by id.
func sinces() map[int]Month { return listed().since }

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
	out := map[int][]int{}
	for _, r := range rowsOf("neighbours.csv", neighboursCSV) {
		a, b := numberOf("neighbours.csv", r[0]), numberOf("neighbours.csv", r[1])
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
	u, ok := listed().byISO[code]
	return u, ok
}

// ByID gives the country of the list with this id.
func ByID(id int) (Unit, bool) {
	u, ok := listed().byID[id]
	return u, ok
}
