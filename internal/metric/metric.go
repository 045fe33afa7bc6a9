// Package metric gives the numbers of a running desk to Prometheus: what was sent and how
// fast, what waits, what is late, mute or blind. It promises names that stay (they are used
// by alert rules and dashboards shipped with the program), no label that holds a person, an
// address or a secret, and no work between two scrapes but counting. The handler belongs on
// a port of its own that the public does not reach.
package metric

import (
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/pulse"
)

// State gives the newest facts and the judgement on them; it is asked once a scrape.
type State func() (pulse.Facts, []pulse.Check)

// A Set holds the counters of one process.
type Set struct {
	registry *prometheus.Registry
	attempts *prometheus.CounterVec
	took     *prometheus.HistogramVec
	first    *prometheus.HistogramVec
	requests *prometheus.HistogramVec
	polls    *prometheus.CounterVec
	commits  prometheus.Histogram
}

// New registers everything. state may be nil: then there is no judgement among the numbers.
func New(version string, state State) *Set {
	s := &Set{
		registry: prometheus.NewRegistry(),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "watchfire_attempts_total", Help: "Attempts to hand a notification to its channel, by outcome.",
		}, []string{"channel", "outcome"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "watchfire_attempt_seconds", Help: "How long an attempt took.", Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"channel"}),
		first: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "watchfire_first_attempt_seconds", Help: "From the instant a notification was due to the beginning of its first attempt.",
			Buckets: []float64{.001, .002, .005, .01, .025, .05, .1, .5, 1, 5, 30, 60, 300},
		}, []string{"level"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "watchfire_http_request_seconds", Help: "How long requests took.", Buckets: []float64{.005, .01, .025, .05, .1, .2, .5, 1, 5},
		}, []string{"kind", "code"}),
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "watchfire_polls_total", Help: "Polls of sources, by outcome.",
		}, []string{"source", "outcome"}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "watchfire_probe_write_seconds", Help: "How long the self-check's own write took to be on disk.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5},
		}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "watchfire_build_info", Help: "1, labelled with the version."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	s.registry.MustRegister(
		s.attempts, s.took, s.first, s.requests, s.polls, s.commits, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	if state != nil {
		s.registry.MustRegister(newJudgement(state))
	}
	return s
}

// Attempt counts one attempt. due is when the notification was due; try counts from 1.
func (s *Set) Attempt(channel, outcome string, l level.Level, try int, due, began, ended time.Time) {
	s.attempts.WithLabelValues(channel, outcome).Inc()
	s.took.WithLabelValues(channel).Observe(ended.Sub(began).Seconds())
	if try == 1 {
		s.first.WithLabelValues(l.String()).Observe(max(0, began.Sub(due).Seconds()))
	}
}

// Poll counts one poll of a source: "ok" or "failed".
func (s *Set) Poll(source, outcome string) { s.polls.WithLabelValues(source, outcome).Inc() }

// Write counts the self-check's own write.
func (s *Set) Write(took time.Duration) { s.commits.Observe(took.Seconds()) }

// Watch counts the requests to a handler: kind is "page", "api" or "hook".
func (s *Set) Watch(kind string, h http.Handler) http.Handler {
	return promhttp.InstrumentHandlerDuration(s.requests.MustCurryWith(prometheus.Labels{"kind": kind}), h)
}

// Handler serves /metrics and the profiles under /debug/pprof/.
func (s *Set) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{Registry: s.registry}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// judgement collects the newest facts at each scrape.
type judgement struct {
	state                                                     State
	check, late, urgent, queued, oldest, overdue, entries, at *prometheus.Desc
}

func newJudgement(state State) *judgement {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("watchfire_"+name, help, labels, nil)
	}
	return &judgement{
		state:   state,
		check:   desc("check", "State of one check: 0 ok, 1 unknown, 2 late, 3 mute, 4 blind, 5 down.", "check", "subject"),
		late:    desc("late_seconds", "By how much a check is late; 0 = it is not.", "check", "subject"),
		urgent:  desc("urgent", "1 while the outgoing heartbeat is held back."),
		queued:  desc("notifications_queued", "Notifications that have not left.", "level"),
		oldest:  desc("notifications_oldest_due_seconds", "For how long the oldest of them has been due; 0 = none is.", "level"),
		overdue: desc("escalations_overdue", "Escalation steps whose time has come."),
		entries: desc("journal_entries", "Entries of the journal."),
		at:      desc("checked_timestamp_seconds", "When the facts of the checks were taken."),
	}
}

// Describe implements prometheus.Collector.
func (j *judgement) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{j.check, j.late, j.urgent, j.queued, j.oldest, j.overdue, j.entries, j.at} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (j *judgement) Collect(ch chan<- prometheus.Metric) {
	f, checks := j.state()
	if f.At.IsZero() {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, c := range checks {
		gauge(j.check, float64(c.State.Weight()), c.Name, c.Subject)
		by := 0.0
		if c.State == pulse.Late {
			by = c.By.Abs().Seconds()
		}
		gauge(j.late, by, c.Name, c.Subject)
	}
	held := 0.0
	if pulse.Urgent(checks) {
		held = 1
	}
	gauge(j.urgent, held)
	for i, n := range f.Queued {
		l := level.Level(i).String() //nolint:gosec // four levels
		gauge(j.queued, float64(n), l)
		due := 0.0
		if t := f.Oldest[i]; !t.IsZero() {
			due = max(0, f.At.Sub(t).Seconds())
		}
		gauge(j.oldest, due, l)
	}
	gauge(j.overdue, float64(f.Overdue))
	gauge(j.entries, float64(f.Journal))
	gauge(j.at, float64(f.At.UnixMilli())/1000)
}
