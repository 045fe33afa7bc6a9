package indicator

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
)

const homicideHeader = "iso3,country,year,rate_per_100k,source\n"

// homicide is a panel of 30 honest rows, into which a test puts its own.
func homicide(rows ...string) []byte {
	var b strings.Builder
	b.WriteString(homicideHeader)
	for i, c := range [][2]string{{"KEN", "Kenya"}, {"MLI", "Mali"}, {"PER", "Peru"}, {"NPL", "Nepal"}, {"LAO", "Laos"}, {"NAM", "Namibia"}} {
		for y := 2010; y < 2015; y++ {
			fmt.Fprintf(&b, "%s,%s,%d,%.1f,WDI\n", c[0], c[1], y, 3+float64(i)+float64(y-2010)/10)
		}
	}
	for _, r := range rows {
		b.WriteString(r + "\n")
	}
	return []byte(b.String())
}

func mapping(t testing.TB, id string) Mapping {
	t.Helper()
	m, ok := FindMapping(id)
	if !ok {
		t.Fatalf("no mapping %s", id)
	}
	return m
}

// A bad row is put aside with its line and its reason, and the good ones are taken.
func TestBadRows(t *testing.T) {
	t.Parallel()
	m := mapping(t, "homicide")
	for _, c := range []struct {
		name, row, reason string
		taken             int
	}{
		{"negative", "UGA,Uganda,2010,-4,WDI", ReasonBounds, 30},
		{"1e308", "UGA,Uganda,2010,1e308,WDI", ReasonBounds, 30},
		{"beyond a double", "UGA,Uganda,2010,1e999,WDI", ReasonNumber, 30},
		{"NaN", "UGA,Uganda,2010,NaN,WDI", ReasonNumber, 30},
		{"infinite", "UGA,Uganda,2010,Inf,WDI", ReasonNumber, 30},
		{"words", "UGA,Uganda,2010,four,WDI", ReasonNumber, 30},
		{"hexadecimal", "UGA,Uganda,2010,0x1p4,WDI", ReasonNumber, 30},
		{"unknown country", "QQQ,Wakanda,2010,4,WDI", ReasonPlace, 30},
		{"code and name disagree", "UGA,Ghana,2010,4,WDI", ReasonPlace, 30},
		{"shifted to the right", ",UGA,Uganda,2010,4", ReasonPeriod, 30},
		{"a cell too many", "UGA,Uganda,2010,4,WDI,x", ReasonColumns, 30},
		{"a cell too few", "UGA,Uganda,2010,4", ReasonColumns, 30},
		{"year as a word", "UGA,Uganda,MMX,4,WDI", ReasonPeriod, 30},
		{"before its time", "UGA,Uganda,2199,4,WDI", ReasonPeriod, 30},
		{"broken UTF-8", "UGA,Ugand\xe9,2010,4,WDI", ReasonEncoding, 30},
		{"two numbers for one thing", "KEN,Kenya,2010,99,WDI", ReasonDuplicate, 29},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			obs, rep, err := Read(m, homicide(c.row), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if len(obs) != c.taken || rep.Taken != c.taken {
				t.Errorf("%d taken, want %d", len(obs), c.taken)
			}
			if !slices.ContainsFunc(rep.Quarantined, func(q Quarantined) bool { return q.Reason == c.reason && q.Line == 32 && q.Detail != "" }) {
				t.Errorf("quarantine %+v, want %s in line 32", rep.Quarantined, c.reason)
			}
		})
	}
}

// Namibia is a country and no missing value, and so are TW, PS and XK.
func TestNamibia(t *testing.T) {
	t.Parallel()
	m := mapping(t, "homicide")
	obs, rep, err := Read(m, homicide("TWN,\"Taiwan, China\",2010,1,WDI", "PSE,West Bank and Gaza,2010,1,WDI", "XKX,Kosovo,2010,1,WDI", "KEN,Kenya,2011,3.1,WDI"), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"country:NA", "country:TW", "country:PS", "country:XK"} {
		if !slices.ContainsFunc(obs, func(o Observation) bool { return o.Place == want }) {
			t.Errorf("%s is missing: %+v", want, rep)
		}
	}
	if rep.Repeated != 1 {
		t.Errorf("%d repeated, want the one that says the same twice", rep.Repeated)
	}
}

// A panel that is not the one of the contract is refused as a whole.
func TestRefusedPanels(t *testing.T) {
	t.Parallel()
	m := mapping(t, "homicide")
	shifted := strings.ReplaceAll(string(homicide()), "\n", "\n,")
	perPerson := strings.Split(strings.TrimSpace(string(homicide())), "\n")
	for i, line := range perPerson[1:] {
		c := strings.Split(line, ",")
		c[3] = "0.0000" + strings.ReplaceAll(c[3], ".", "")
		perPerson[i+1] = strings.Join(c, ",")
	}
	for name, raw := range map[string]string{
		"empty":               "",
		"another header":      strings.Replace(string(homicide()), "rate_per_100k", "rate", 1),
		"column shifted":      shifted,
		"columns swapped":     strings.Replace(string(homicide()), "iso3,country", "country,iso3", 1),
		"a rate for a person": strings.Join(perPerson, "\n"),
		"only a header":       homicideHeader,
		"binary":              "\x00\x01\x02\xff\xfe",
	} {
		if obs, _, err := Read(m, []byte(raw), time.Time{}); !errors.Is(err, fault.ErrInvalid) || len(obs) != 0 {
			t.Errorf("%s: %d observations, error %v", name, len(obs), err)
		}
	}
}

// UTF-8 inside a panel of single bytes would read as wrong letters.
func TestMixedEncodings(t *testing.T) {
	t.Parallel()
	m := mapping(t, "wgi")
	raw := `"","Country/Territory","Code","Year","Estimate","Lower","NumSrc","Rank","StdErr","Upper","Indicator"` + "\n" +
		"\"1\",\"C\xf4te d'Ivoire\",\"CIV\",2010,-1,0,1,1,1,1,\"RuleofLaw\"\n" +
		"\"2\",\"Côte d'Ivoire\",\"CIV\",2011,-1,0,1,1,1,1,\"RuleofLaw\"\n"
	obs, rep, err := Read(m, []byte(raw), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if len(obs) != 1 || obs[0].Period != "2010" || len(rep.Quarantined) != 1 || rep.Quarantined[0].Reason != ReasonEncoding {
		t.Errorf("taken %+v, report %+v", obs, rep)
	}
}

func TestUnitColumn(t *testing.T) {
	t.Parallel()
	m := mapping(t, "inform-raw")
	raw := "CountryName,Iso3,ValidityYear,IndicatorName,IndicatorScore,Unit\n" +
		"Kenya,KEN,2023,Incidence of Tuberculosis,237,per 100000\n" +
		"Mali,MLI,2023,Incidence of Tuberculosis,0.0005,share\n"
	obs, rep, err := Read(m, []byte(raw), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if len(obs) != 1 || len(rep.Quarantined) != 1 || rep.Quarantined[0].Reason != ReasonUnit {
		t.Errorf("taken %+v, report %+v", obs, rep)
	}
}

var now = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)

func TestOwn(t *testing.T) {
	t.Parallel()
	head := strings.Join(OwnColumns(), ",") + "\n"
	obs, rep, err := ReadOwn([]byte(head+
		"own.stock_days,days,site:S1,2026-06-01,12,,stores,A,\n"+
		"own.stock_days,weeks,site:S2,2026-06-01,2,,stores,A,\n"+
		"own.stock_days,days,site:S3,2026-06-01,12,2027-01-01,stores,A,\n"+
		"own.stock_days,days,Atlantis,2026-06-01,12,,stores,A,\n"+
		"own.nothing,days,site:S1,2026-06-01,12,,stores,A,\n"+
		"own.stock_days,days,site:S4,2026-06-01,12,,,A,\n"+
		"own.stock_days,days,site:S5,2026-06-01,12,,stores,A,\n"+
		"own.stock_days,days,site:S5,2026-06-01,13,,stores,A,\n"), now)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, q := range rep.Quarantined {
		reasons = append(reasons, q.Reason)
	}
	want := []string{ReasonUnit, ReasonPeriod, ReasonPlace, ReasonIndicator, ReasonSource, ReasonDuplicate}
	if len(obs) != 1 || obs[0].Licence != ownLicence || !slices.Equal(reasons, want) {
		t.Errorf("taken %+v, reasons %v, want %v", obs, reasons, want)
	}
	var b strings.Builder
	if err := Write(&b, obs); err != nil {
		t.Fatal(err)
	}
	if back, _, err := ReadOwn([]byte(b.String()), now); err != nil || len(back) != 1 || back[0] != obs[0] {
		t.Errorf("read back %+v (%v), want %+v", back, err, obs)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	o := func(period string, v float64, known string) Observation {
		return Observation{Indicator: "wgi.law", Unit: "standard normal units", Place: "country:KE", Period: period, Value: v, KnownAt: day(known), Source: "WB", Grade: "B", Licence: "CC BY 4.0"}.WithID()
	}
	all := []Observation{o("2018", 1, "2019-09-01"), o("2019", 2, "2020-09-01"), o("2019", 3, "2021-09-01"), o("2017", 4, "2021-09-01"), o("2027", 5, "2021-09-01")}
	for _, c := range []struct {
		asOf, known string
		want        float64
	}{{"2020-03-03", "2020-03-03", 1}, {"2020-12-01", "2020-12-01", 2}, {"2022-01-01", "2022-01-01", 3}, {"2018-06-01", "2022-01-01", 1}} {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		got := Select(all, day(c.asOf), day(c.known))
		if len(got) != 1 || got[0].Value != c.want {
			t.Errorf("as of %s known %s: %+v, want %v", c.asOf, c.known, got, c.want)
		}
	}
	if got := Select(all, day("2018-06-01"), day("2018-06-01")); len(got) != 0 {
		t.Errorf("before anything was known: %+v", got)
	}
}

func TestStarter(t *testing.T) {
	t.Parallel()
	list := Starter()
	if len(list) < 20_000 {
		t.Errorf("%d observations", len(list))
	}
	for _, o := range list {
		if err := o.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"2019": "2019-01-01 2020-01-01", "2019-Q2": "2019-04-01 2019-07-01", "2019-02": "2019-02-01 2019-03-01", "2020-02-29": "2020-02-29 2020-03-01"} {
		from, to, err := Span(in)
		if got := from.Format(time.DateOnly) + " " + to.Format(time.DateOnly); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", "19", "2019-Q5", "2019-13", "2019-02-30", "1066", "next year"} {
		if _, _, err := Span(in); err == nil {
			t.Errorf("%q is taken for a period", in)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(homicide("UGA,Uganda,2010,-4,WDI"))
	f.Add([]byte("\xef\xbb\xbfa\r\rb\"\","))
	m := mapping(f, "homicide")
	f.Fuzz(func(t *testing.T, raw []byte) {
		obs, _, _ := Read(m, raw, time.Time{})
		for _, o := range obs {
			if err := o.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzReadOwn(f *testing.F) {
	f.Add([]byte(strings.Join(OwnColumns(), ",") + "\nown.stock_days,days,site:S1,2026-06-01,12,,stores,A,\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		obs, _, _ := ReadOwn(raw, now)
		for _, o := range obs {
			if err := o.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzReadMapping(f *testing.F) {
	f.Add([]byte("id: x\nheader: [a]\n"))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = ReadMapping(raw) })
}
