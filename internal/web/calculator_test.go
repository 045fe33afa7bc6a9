package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/exposure/calc"
	"watchfire.dev/internal/exposure/impact"
	"watchfire.dev/internal/web/webtest"
)

func TestCalculatorShowsWhatTheCommandPrints(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	w := ask(h, as(desk.Reader), "/calculator?tool=impact&hazard=earthquake&magnitude=7&depth_km=24&distance_km=18&persons=", nil)
	page := parse(t, w.Body.String())
	text := words(page)
	for _, want := range []string{"7.2 MMI", "0.9880", "0.8871", "0.5658", "0.0803", "Orange", "Red from magnitude", "2026.1", "USGS PAGER"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if links := find(page, "a", "href", "https://doi.org/10.1007/s10950-012-9278-7"); len(links) != 1 {
		t.Errorf("%d links to the source of the intensity", len(links))
	}
	if in := find(page, "input", "id", "in-magnitude"); len(in) != 1 || attr(in[0], "value") != "7" {
		t.Error("the form forgot what was given")
	}
}

func TestCalculatorSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	for path, want := range map[string]string{
		"/calculator?tool=impact&hazard=earthquake&magnitude=12&distance_km=3":  "magnitude is “12”. Allowed: 0 to 10 Mw.",
		"/calculator?tool=impact&hazard=earthquake&magnitude=6":                 "distance_km is missing",
		"/calculator?tool=impact&hazard=earthquake&magnitude=6&teeth=3":         "teeth: there is no such input",
		"/calculator?tool=level&I1=0.1&I2=0.2&I3=0&I4=0":                        "a worse class cannot be more probable",
		"/calculator?tool=weigh&base=2&reports=A1":                              "base is “2”",
		"/calculator?tool=impact&hazard=heat&wbgt_c=%3Cscript%3Ealert(1)%3C%2F": "wbgt_c is “<script>alert(1)</”",
	} {
		w := ask(h, as(desk.Reader), path, nil)
		if text := words(parse(t, w.Body.String())); w.Code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d, lacks %q", path, w.Code, want)
		}
	}
	if w := ask(h, as(desk.Reader), "/calculator?hazard=sharks", nil); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a hazard that is not known: %d", w.Code)
	}
	if w := ask(h, as(desk.Reader), "/calculator?tool=level&I1=0&I1=1", nil); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an input given twice: %d", w.Code)
	}
	zh := ask(h, webtest.Cookie(desk.Reader, "zh", "", webtest.Org), "/calculator?tool=impact&hazard=flood", nil)
	if text := words(parse(t, zh.Body.String())); !strings.Contains(text, "缺少 return_period_years") {
		t.Error("the problem is not said in Chinese")
	}
}

func TestCalculatorLevelAndWeights(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	level := words(parse(t, ask(h, as(desk.Reader), "/calculator?tool=level&I1=0.9&I2=0.3&I3=0.06&I4=0&observed=I3", nil).Body.String()))
	if !strings.Contains(level, "EMERGENCY") || !strings.Contains(level, "Red") {
		t.Error("an observed I3 is not red with EMERGENCY")
	}
	weigh := words(parse(t, ask(h, as(desk.Reader), "/calculator?tool=weigh&base=0.01&reports=A1+B2+C3%2Bsame", nil).Body.String()))
	for _, want := range []string{"0.4312", "C3+same", "0.104"} {
		if !strings.Contains(weigh, want) {
			t.Errorf("the weights lack %q", want)
		}
	}
}

// Every hazard and each of its inputs has words in every language.
func TestCalculatorHasWordsForEveryInput(t *testing.T) {
	t.Parallel()
	h, _ := serve(t)
	m := impact.Default()
	for _, lang := range []string{"en", "zh"} {
		for _, hazard := range calc.Hazards(m) {
			q := url.Values{"tool": {"impact"}, "hazard": {hazard.Name}}
			given, err := calc.Pairs(strings.Fields(hazard.Example))
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range given {
				q.Set(k, v)
			}
			w := ask(h, webtest.Cookie(desk.Reader, lang, "", webtest.Org), "/calculator?"+q.Encode(), nil)
			page := parse(t, w.Body.String())
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "⟦") || len(find(page, "section", "id", "result")) != 1 {
				t.Errorf("%s in %s: %d, words missing or no result", hazard.Name, lang, w.Code)
			}
		}
	}
}
