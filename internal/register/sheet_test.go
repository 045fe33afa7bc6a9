package register

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"watchfire.dev/internal/fault"
)

// TestSheetGoesRound: what is written is read back, whatever it is.
func TestSheetGoesRound(t *testing.T) {
	t.Parallel()
	check := func(want []Entry) error {
		raw, err := WriteCSV(want)
		if err != nil {
			return err
		}
		got, problems := ReadCSV(raw)
		if len(problems) > 0 {
			return problems
		}
		for i := range got {
			for j, c := range got[i].Controls {
				if len(c.On) == 0 {
					got[i].Controls[j].On = nil
				}
			}
		}
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%+v\nwant %+v\nin %s", got, want, raw)
		}
		return nil
	}
	if err := check([]Entry{full()}); err != nil {
		t.Error(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := check([]Entry{entryGen().Draw(t, "entry")}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSheetNamesWhatIsWrong: row and field of each mistake, and nothing is taken.
func TestSheetNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	if _, p := ReadCSV([]byte("kind,entry\n\"risk,R-1\n")); len(p) != 1 || p[0].Row != 2 || p[0].Field != "file" {
		t.Errorf("marks that do not match: %v", p)
	}
	const head = "kind,entry,of,code,title,dimension,prior_events,prior_years,usd_p50,usd_p90,effect,design,due\n"
	const good = "risk,R1,,,Flood,natural,1,5,100,400,,,\n"
	for _, c := range []struct{ file, want string }{
		{head + good + "control,R1,,C1,Dam,,,,,,preventive,1.5,\n", "row 3, control C1 design: 1.5: want 0 to 1"},
		{head + good + "control,R2,,C1,Dam,,,,,,preventive,1,\n", `row 3, entry: no row above opens the risk "R2"`},
		{head + good + "duty,R1,C9,,,,,,,,,,\n", `row 3, of: no row above has the control "C9"`},
		{head + good + "action,R1,,A1,Do,,,,,,,,31.10.2026\n", `row 3, due: "31.10.2026" is no date such as 2026-10-31`},
		{head + good + "cause,R1,,c1,Rain,,,,,,,,2026-01-01\n", `row 3, due: does not belong to a row of kind "cause"`},
		{head + good + good, `row 3, entry: the risk "R1" stands twice`},
		{head + "risk,R1,,,Flood,natural,1,5,NaN,400,,,\n", `row 2, usd_p50: "NaN" is no number`},
		{head + "risk,R1,,,Flood,natural,1,5,400,100,,,\n", "row 2, usd_p90: 100 lies below the median 400"},
		{head + "risk,R1,,,Flood,natural,1,5,1,1e308,,,\n", "row 2, usd_p90: 1e+308: want 0 to 1e+13"},
		{head + "risk,R1,,,Flood,natural,-1,5,100,400,,,\n", "row 2, prior_events: -1: want 0.01 to 36500"},
		{head + "risk,R1,,,,weather,1,5,100,400,,,\n", `row 2, title: is missing`},
		{"kind,entry,impct\n", "row 1, impct: is no column of a register"},
		{"kind,entry,entry\n", "row 1, entry: stands twice"},
		{head, "row 1, kind: the file holds no risk"},
		{head + "peril,R1\n" + good, `row 2, entry: no row above opens the risk "R1"`},
		{head + good + "peril,R1\n", `row 3, kind: "peril" is none of risk`},
		{"", "row 1, file: has no head"},
		{"kind,entry\nrisk,\xb7\xe7\xcf\xd5\xd6\xd0\n", "file: the encoding of the file is neither UTF-8 nor Windows-1252"},
	} {
		entries, problems := ReadCSV([]byte(c.file))
		if len(entries) > 0 || !strings.HasPrefix(problems.Error(), c.want) {
			t.Errorf("%q\n  says %q\n  want %q", c.file, problems.Error(), c.want)
		}
		if !errors.Is(problems, fault.ErrInvalid) {
			t.Errorf("%q is not invalid input", c.file)
		}
	}
}

// TestOtherEncodings: what a spreadsheet in another country saves is read as it is: UTF-16,
// Windows-1252, semicolons, and Excel's own first line.
func TestOtherEncodings(t *testing.T) {
	t.Parallel()
	plain := "kind;entry;title;dimension;prior_events;prior_years;days_p50;days_p90\nrisk;R1;Überflutung;natural;1;5;2;9\n"
	wide := []byte{0xff, 0xfe}
	for _, r := range plain {
		wide = append(wide, byte(r), byte(r>>8))
	}
	for name, raw := range map[string][]byte{
		"UTF-8 with a mark": []byte("\xef\xbb\xbf" + plain), "Windows-1252": []byte(strings.Replace(plain, "Ü", "\xdc", 1)), "UTF-16": wide, "sep": []byte("sep=;\n" + plain),
	} {
		entries, problems := ReadCSV(raw)
		if len(entries) != 1 || entries[0].Title != "Überflutung" {
			t.Errorf("%s: %+v, %v", name, entries, problems)
		}
	}
	if _, problems := ReadCSV([]byte("sep=;\n" + strings.Replace(plain, "9\n", "1\n", 1))); len(problems) != 1 || problems[0].Row != 3 {
		t.Errorf("the row of a mistake: %v", problems)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Entry){
		"common":        func(e *Entry) { e.Common = []Loading{{"a", .9}, {"b", .9}} },
		"on":            func(e *Entry) { e.Controls[1].On = []string{"c1"} }, // a cause, on the other side
		"due":           func(e *Entry) { e.Actions[0].Due = "" },
		"expires":       func(e *Entry) { e.Exceptions[0].Expires = "" },
		"acceptor":      func(e *Entry) { e.Exceptions[0].Acceptor = " " },
		"target_impact": func(e *Entry) { e.Target.Impact = 0 },
		"people_p50":    func(e *Entry) { e.Impact = Impact{} },
		"years":         func(e *Entry) { e.Frequency.Years = 0 },
		"effect":        func(e *Entry) { e.Controls[0].Effect = "both" },
	} {
		e := full()
		change(&e)
		p := e.Check()
		if !slices.ContainsFunc(p, func(p Problem) bool { return strings.HasSuffix(p.Field, name) }) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if _, err := Simulate([]Entry{full(), full()}, Context{}, now, Options{}); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("the same risk twice: %v", err)
	}
}

// FuzzReadCSV: no file breaks the reader, and what it takes can be simulated and written.
func FuzzReadCSV(f *testing.F) {
	raw, err := WriteCSV([]Entry{full()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("kind,entry\nrisk,R1\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		entries, problems := ReadCSV(raw)
		if len(problems) > 0 {
			return
		}
		if _, err := WriteCSV(entries); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if row := RowOf(e, 1, Context{}, now); math.IsNaN(row.Residual.Money) {
				t.Fatal("not a number")
			}
		}
	})
}
