package portfolio

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"watchfire.dev/internal/fault"
)

// Where says which place of a file, and which thing of the portfolio, a problem is about.
// Every part may be empty: a portfolio checked in memory has no rows.
type Where struct {
	Sheet  string `json:"sheet,omitempty"`  // sheet of a workbook, "features" in GeoJSON, "" in CSV
	Row    int    `json:"row,omitempty"`    // as a person sees it: the header is row 1; a feature counts from 1
	Column string `json:"column,omitempty"` // spreadsheet letter, "C"
	Field  string `json:"field,omitempty"`  // column name, "zone"
	Thing  string `json:"thing,omitempty"`  // "asset nacala-port/gate"
}

// String writes the place as people read it: "sheet assets, row 5, column C (zone)".
func (w Where) String() string {
	var parts []string
	if w.Sheet != "" {
		parts = append(parts, "sheet "+w.Sheet)
	}
	if w.Row > 0 {
		parts = append(parts, "row "+strconv.Itoa(w.Row))
	}
	switch {
	case w.Column != "" && w.Field != "":
		parts = append(parts, fmt.Sprintf("column %s (%s)", w.Column, w.Field))
	case w.Column != "":
		parts = append(parts, "column "+w.Column)
	case w.Field != "":
		parts = append(parts, w.Field)
	}
	if w.Thing != "" && w.Row == 0 {
		parts = append([]string{w.Thing}, parts...)
	}
	return strings.Join(parts, ", ")
}

// A Problem is one reason why a portfolio, or a change to one, cannot be taken. Message
// quotes the offending value, shortened, and says how to mend it.
type Problem struct {
	Where   Where  `json:"where"`
	Message string `json:"message"`
}

// String is the place, a colon and the message.
func (p Problem) String() string {
	if at := p.Where.String(); at != "" {
		return at + ": " + p.Message
	}
	return p.Message
}

// invalid is an error in words for people. It means fault.ErrInvalid without saying so in
// its text, which is shown beside a cell.
type invalid string

func (e invalid) Error() string        { return string(e) }
func (e invalid) Is(target error) bool { return target == fault.ErrInvalid }

func invalidf(format string, args ...any) error { return invalid(fmt.Sprintf(format, args...)) }

// Quote puts a value in quotation marks for a message, shortened to 40 characters and
// with control characters made visible.
func Quote(value string) string {
	if utf8.RuneCountInString(value) <= 40 {
		return strconv.Quote(value)
	}
	return strconv.Quote(string([]rune(value)[:40]) + "…")
}
