package metric_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/metric"
	"watchfire.dev/internal/pulse"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// scraped is what Prometheus gets from a process that has seen everything once.
func scraped(t *testing.T) string {
	t.Helper()
	f := pulse.Facts{
		At: noon, Queued: [4]int64{level.Red: 2}, Oldest: [4]time.Time{level.Red: noon.Add(-90 * time.Second)},
		Channels: []pulse.ChannelFact{{Name: "sms", Failed: noon, Error: "+254700000000 refused"}, {Name: "email", Proven: noon}},
	}
	s := metric.New("1.2.3", func() (pulse.Facts, []pulse.Check) { return f, pulse.Assess(f, pulse.DefaultLimits()) })
	s.Attempt("sms", "sent", level.Red, 1, noon, noon.Add(20*time.Millisecond), noon.Add(time.Second))
	s.Poll("usgs", "ok")
	s.Write(time.Millisecond)
	s.Watch("page", http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	raw, err := io.ReadAll(rec.Body)
	if err != nil || rec.Code != http.StatusOK {
		t.Fatalf("scrape: %d, %v", rec.Code, err)
	}
	return string(raw)
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	got := scraped(t)
	for _, want := range []string{
		`watchfire_build_info{version="1.2.3"} 1`,
		`watchfire_notifications_queued{level="red"} 2`,
		`watchfire_notifications_oldest_due_seconds{level="red"} 90`,
		`watchfire_check{check="reds",subject=""} 2`,
		`watchfire_late_seconds{check="reds",subject=""} 90`,
		`watchfire_check{check="channel",subject="sms"} 3`,
		`watchfire_urgent 1`,
		`watchfire_attempts_total{channel="sms",outcome="sent"} 1`,
		`watchfire_first_attempt_seconds_bucket{level="red",le="0.025"} 1`,
		`watchfire_http_request_seconds_count{code="404",kind="page"} 1`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	if strings.Contains(got, "254700000000") {
		t.Error("a number of a person is among the metrics (S35)")
	}
}

// TestShippedRulesAndDashboardUseWhatExists: an alert on a name that is not there never fires.
func TestShippedRulesAndDashboardUseWhatExists(t *testing.T) {
	t.Parallel()
	got := scraped(t)
	names := regexp.MustCompile(`\b(watchfire_[a-z_]+|process_[a-z_]+|go_[a-z_]+)`)
	known := map[string]bool{}
	for _, n := range names.FindAllString(got, -1) {
		known[n] = true
	}
	checks := []string{
		pulse.Database, pulse.Watch, pulse.Dispatcher, pulse.Watchdog, pulse.Reds, pulse.Queue, pulse.Escalations, pulse.Channel, pulse.Channels,
		pulse.Source, pulse.Witness, pulse.Checkpoint, pulse.Backup, pulse.Copy, pulse.Disk, pulse.Clock, pulse.Replica, pulse.Certificate, pulse.Heartbeat, pulse.Addresses,
	}
	for _, path := range []string{"../../packaging/prometheus/alerts.yaml", "../../packaging/grafana/watchfire.json"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		used := names.FindAllString(string(raw), -1)
		if len(used) < 10 {
			t.Errorf("%s uses %d names", path, len(used))
		}
		for _, n := range used {
			if !known[n] {
				t.Errorf("%s uses %s, which is not there", path, n)
			}
		}
		for _, m := range regexp.MustCompile(`check=~?\\?"([a-z|]+)`).FindAllStringSubmatch(string(raw), -1) {
			for name := range strings.SplitSeq(m[1], "|") {
				if !slices.Contains(checks, name) {
					t.Errorf("%s asks for check %q, which is none", path, name)
				}
			}
		}
		if strings.HasSuffix(path, ".json") && !json.Valid(raw) {
			t.Errorf("%s is no JSON", path)
		}
	}
}
