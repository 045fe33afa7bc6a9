package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/desk"
)

// calculating is a desk that only signs in: the calculator asks nothing else of it.
type calculating struct {
	desk.Reads
	desk.Commands
	Requests
}

func (calculating) Principal(*http.Request) (desk.Principal, error) {
	return desk.Principal{Org: "org", Account: "acc", Token: "t", Scopes: desk.Reader.Scopes()}, nil
}

func (calculating) Denied(context.Context, desk.Principal, string) error { return nil }

func TestCalculate(t *testing.T) {
	t.Parallel()
	d := calculating{}
	h := New(Config{Reads: d, Do: d, Auth: d, Requests: d, Now: clock.Fixed(time.Unix(0, 0)), Version: "test"})
	for _, tt := range []struct {
		path, body string
		status     int
		want       []string
	}{
		{"impact", `{"hazard":"earthquake","inputs":{"magnitude":7,"depth_km":24,"distance_km":18,"country":"pk"}}`, 200, []string{`"level":"orange"`, `"value":7.158`, `"country":"PK"`, `"I3":0.5657`}},
		{"impact", `{"hazard":"heat","inputs":{"wbgt_c":30,"acclimatised":false}}`, 200, []string{`"acclimatised":false`}},
		{"impact", `{"hazard":"earthquake","inputs":{"magnitude":12,"distance_km":18}}`, 422, []string{"magnitude"}},
		{"impact", `{"hazard":"earthquake","inputs":{"magnitude":6,"distance_km":18,"teeth":3}}`, 422, []string{"teeth"}},
		{"impact", `{"hazard":"earthquake","inputs":{"magnitude":6,"distance_km":[18]}}`, 422, []string{"distance_km"}},
		{"impact", `{"hazard":"sharks","inputs":{}}`, 422, []string{"sharks"}},
		{"level", `{"I1":0.9,"I2":0.3,"I3":0.06,"I4":0}`, 200, []string{`"level":"yellow"`, `"I4":"green"`}},
		{"level", `{"I1":0.9,"I2":0.3,"I3":0.06,"I4":0,"observed":"I2"}`, 200, []string{`"level":"orange"`}},
		{"level", `{"I1":0.1,"I2":0.3,"I3":0.06,"I4":0}`, 422, []string{"I2"}},
		{"level", `{"I1":1.1,"I2":0.3,"I3":0.06,"I4":0}`, 422, []string{"I1"}},
		{"weigh", `{"base":0.01,"reports":["A1","B2","C3+same"]}`, 200, []string{`"p":0.4311`, `"code":"C3+same"`}},
		{"weigh", `{"base":0.01,"reports":["Z9"]}`, 422, []string{"Z9"}},
		{"weigh", `{"base":0,"reports":[]}`, 422, []string{"base"}},
	} {
		r := httptest.NewRequest(http.MethodPost, "/api/v1/calculate/"+tt.path, strings.NewReader(tt.body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		for _, want := range tt.want {
			if w.Code != tt.status || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %s: %d %s, want %d and %s", tt.path, tt.body, w.Code, w.Body, tt.status, want)
			}
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1/calculate/hazards", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"takes":"0 to 10 Mw"`) {
		t.Errorf("hazards: %d %.300s", w.Code, w.Body)
	}
}
