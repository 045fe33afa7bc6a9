package panel

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
)

// table writes a wide file of six countries and forty months, of which three have a war.
func table(change func(row int, fields []string) []string) string {
	var b strings.Builder
	for r := range 41 {
		fields := []string{"", "Mali", "Niger", "Chad", "Ghana", "Togo", "Benin"}
		if r > 0 {
			fields = []string{fmt.Sprint(400 + r), fmt.Sprint(300 + r%7), "0.0", fmt.Sprint(40 + r%5), "", "900.0000000000001", "0"}
			if r > 20 {
				fields[4] = "0.0"
			}
		}
		if change != nil {
			fields = change(r, fields)
		}
		b.WriteString(strings.Join(fields, ",") + "\n")
	}
	return b.String()
}

func set(row, column int, text string) func(int, []string) []string {
	return func(r int, f []string) []string {
		if r == row {
			f[column] = text
		}
		return f
	}
}

func TestWideReads(t *testing.T) {
	t.Parallel()
	p, problems, err := Read(strings.NewReader("\ufeff"+table(nil)), "h.csv")
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if len(p.Units()) != 6 || p.First() != 401 || p.Last() != 440 {
		t.Errorf("%d countries, %s to %s", len(p.Units()), p.First(), p.Last())
	}
	if y, ok := p.Value(155, 401); ok && y == 301 {
		return
	}
	for _, u := range p.Units() {
		if u.Name == "Mali" {
			if y, ok := p.Value(u.ID, 401); !ok || y != 301 {
				t.Errorf("Mali, month 401: %v, %v", y, ok)
			}
		}
	}
}

// TestBadRowsAreQuarantined: one bad row is left out with its place and reason; the rest stays.
func TestBadRowsAreQuarantined(t *testing.T) {
	t.Parallel()
	shift := func(r int, f []string) []string {
		if r == 15 {
			return append([]string{f[0], "0"}, f[1:6]...)
		}
		return f
	}
	for _, c := range []struct {
		name   string
		change func(int, []string) []string
		field  string
		reason string
	}{
		{"negative", set(15, 3, "-4"), "Chad", "negative"},
		{"1e308", set(15, 3, "1e308"), "Chad", "more than"},
		{"beyond floating point", set(15, 3, "1e999"), "Chad", "more than"},
		{"NaN", set(15, 3, "NaN"), "Chad", "NaN"},
		{"word", set(15, 3, "many"), "Chad", "no number"},
		{"thousands", set(15, 3, "0.044"), "Chad", "not a whole number"},
		{"Latin-1", set(15, 3, "4\xe9"), "Chad", "not UTF-8"},
		{"month", set(15, 0, "2003-04"), "month_id", "no month"},
		{"field missing", func(r int, f []string) []string {
			if r == 15 {
				return f[:6]
			}
			return f
		}, "month_id", "6 fields"},
		{"shifted, as many fields", shift, "month_id", "shifted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, problems, err := Read(strings.NewReader(table(c.change)), "h.csv")
			if err != nil {
				t.Fatal(err)
			}
			if len(problems) != 1 || problems[0].File != "h.csv" || problems[0].Row != 16 || problems[0].Field != c.field || !strings.Contains(problems[0].Reason, c.reason) {
				t.Errorf("problems %v; want row 16, field %s, %q", problems, c.field, c.reason)
			}
			for _, u := range p.Units() {
				if _, ok := p.Value(u.ID, 415); ok {
					t.Errorf("%s: the bad row is used", u.Name)
				}
				if _, ok := p.Value(u.ID, 430); !ok {
					t.Errorf("%s: a good row is not used", u.Name)
				}
			}
		})
	}
}

func TestDuplicateMonthsAreNotUsed(t *testing.T) {
	t.Parallel()
	p, problems, err := Read(strings.NewReader(table(set(15, 0, "416"))), "h.csv")
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Reason, "twice") {
		t.Fatal(err, problems)
	}
	if _, ok := p.Value(p.Units()[0].ID, 416); ok {
		t.Error("one of two contradicting rows is used")
	}
}

func TestUnknownCountryColumn(t *testing.T) {
	t.Parallel()
	p, problems, err := Read(strings.NewReader(table(set(0, 3, "Atlantis"))), "h.csv")
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0].Reason, "Atlantis") {
		t.Fatal(err, problems)
	}
	if len(p.Units()) != 5 {
		t.Errorf("%d countries", len(p.Units()))
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":        "",
		"header alone": "month_id,Mali\n",
		"UTF-16":       "\xff\xfem\x00o\x00",
		"no month":     strings.Replace(table(nil), ",Mali", "Mali", 1),
		"no countries": "month_id,Foo,Bar\n1,2,3\n",
		"all bad": table(func(r int, f []string) []string {
			if r > 0 {
				f = append(f, "x")
			}
			return f
		}),
		"hundreds": table(func(r int, f []string) []string {
			if r > 0 {
				f[1], f[3], f[5] = "300", "400", "900"
			}
			return f
		}),
		"rates": table(func(r int, f []string) []string {
			if r > 0 {
				f[1] = "0.31"
			}
			return f
		}),
		"long, no value": "country_id,month_id,foo\n1,457,0\n",
		"broken quotes":  "month_id,Mali\n457,\"3\n",
	} {
		if _, _, err := Read(strings.NewReader(text), "bad.csv"); !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), "bad.csv") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLong(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("ged_sb,month_id,country_id\n")
	for m := 401; m <= 430; m++ {
		fmt.Fprintf(&b, "%d,%d,50\n%d,%d,57\n", m%9, m, m%4, m)
	}
	text := b.String()
	p, problems, err := Read(strings.NewReader(text), "a.csv")
	if err != nil || len(problems) > 0 || len(p.Units()) != 2 {
		t.Fatal(err, problems)
	}
	for bad, reason := range map[string]string{
		"1,401,9999\n": "no country",
		"1,430,50\n":   "twice",
		"-1,431,50\n":  "negative",
		"1,50\n":       "2 fields",
	} {
		_, problems, err := Read(strings.NewReader(text+bad), "a.csv")
		if err != nil || len(problems) != 1 || problems[0].Row != 62 || !strings.Contains(problems[0].Reason, reason) {
			t.Errorf("%q: %v, %v", bad, problems, err)
		}
	}
}

// FuzzRead: whatever the bytes, a panel holds whole deaths that are not negative.
func FuzzRead(f *testing.F) {
	f.Add([]byte(table(nil)))
	f.Add([]byte("ged_sb,month_id,country_id\n1,457,50\n"))
	f.Add([]byte("month_id,Mali\n457,1e308\n458,NaN\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _, err := Read(strings.NewReader(string(data)), "f.csv")
		if err != nil {
			return
		}
		for _, u := range p.Units() {
			for m := p.First(); m <= p.Last(); m++ {
				if y, ok := p.Value(u.ID, m); ok && !(y >= 0 && y <= maxDeaths) {
					t.Errorf("%s %s: %v", u.Name, m, y)
				}
			}
		}
	})
}

// TestColumnsShiftedThroughout: no row looks odd beside the others, but countries begin when
// others came into being.
func TestColumnsShiftedThroughout(t *testing.T) {
	t.Parallel()
	var young []Unit
	for _, u := range countries() {
		if sinces()[u.ID] > 1 {
			young = append(young, u)
		}
	}
	file := func(shift int, whole bool) string {
		var b strings.Builder
		for _, u := range young {
			b.WriteString("," + u.Name)
		}
		for m := Month(121); m <= 400; m++ {
			fmt.Fprintf(&b, "\n%d", m)
			for j := range young {
				from := young[(j+shift)%len(young)]
				if whole || m >= sinces()[from.ID] {
					b.WriteString(",0")
				} else {
					b.WriteString(",")
				}
			}
		}
		return b.String() + "\n"
	}
	for _, good := range []string{file(0, false), file(0, true)} {
		if _, problems, err := Read(strings.NewReader(good), "r.csv"); err != nil || len(problems) > 0 {
			t.Error(err, problems)
		}
	}
	for _, shift := range []int{1, 2} {
		if _, _, err := Read(strings.NewReader(file(shift, false)), "w.csv"); !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), "shifted") {
			t.Errorf("shifted by %d: %v", shift, err)
		}
	}
}

// TestOtherSeparators: a table of a spreadsheet that writes semicolons is told apart from one
// with broken quotes.
func TestOtherSeparators(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"month_id;Mali;Niger\n400;1;2\n", "month_id\tMali\n400\t1\n", "month_id;\"Congo, DRC\"\n400;1\n"} {
		_, _, err := Read(strings.NewReader(text), "p.csv")
		if !errors.Is(err, fault.ErrInvalid) || text[8] == ';' && text[9] == 'M' && !strings.Contains(err.Error(), "not separated by commas") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
