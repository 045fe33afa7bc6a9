package rule

import (
	"fmt"
	"strings"
	"testing"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	r, err := Compile(row(`event.news && (event.magnitude > 7 || "x" in event.measures) && has(asset.coast_km) && event.sources.exists(s, s == "usgs") && hour("UTC") == 22`))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := r.Explain(quake())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range parts {
		lines = append(lines, fmt.Sprintf("%v %s %s%s", p.Holds, p.Text, p.Values, p.Error))
	}
	want := `false event.news [event.news = false]
false event.magnitude > 7 || "x" in event.measures [event.magnitude = 6.1 event.measures = {depth: 10, magnitude: 6.1}]
false has(asset.coast_km) [asset.coast_km is not known]
true event.sources.exists(s, s == "usgs") [event.sources = ["gdacs" "usgs"]]
true hour("UTC") == 22 []`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
