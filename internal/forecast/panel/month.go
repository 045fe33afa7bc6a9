package panel

import (
	"fmt"
	"strconv"
	"time"

	"watchfire.dev/internal/fault"
)

// Month counts months as the VIEWS data do: 1 is January 1980, 121 January 1990.
type Month int

// firstYear is the year of month 1.
const firstYear = 1980

// MonthOf gives the month of a year; month is 1 to 12.
func MonthOf(year, month int) Month { return Month((year-firstYear)*12 + month) }

// ParseMonth reads "2020-10". An error is fault.ErrInvalid.
func ParseMonth(text string) (Month, error) {
	t, err := time.Parse("2006-01", text)
	if err != nil || t.Year() < firstYear {
		return 0, fmt.Errorf("month %q: want a month such as 2020-10: %w", text, fault.ErrInvalid)
	}
	return MonthOf(t.Year(), int(t.Month())), nil
}

// Year gives the calendar year.
func (m Month) Year() int { return firstYear + (int(m)-1)/12 }

// String writes the month as "2020-10".
func (m Month) String() string {
	month := (int(m)-1)%12 + 1
	return fmt.Sprintf("%04d-", m.Year()) + strconv.Itoa(month/10) + strconv.Itoa(month%10)
}
