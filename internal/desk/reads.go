package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/pulse"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// Config is what a Desk needs.
type Config struct {
	Store     Store
	Watch     Watch
	Catalogue Catalogue
	Intake    Intake
	Poll      func(source string) error // asks a source now
	Journal   Journal
	Witnesses func() []WitnessState
	RuleCheck func(RuleRow) error
	// RuleRoute says what is wrong with whom a rule routes to, in a portfolio. The error
	// names rule, field and place and wraps fault.ErrInvalid.
	RuleRoute func(RuleRow, portfolio.Portfolio) error
	// RuleFaults are the rules of an organisation that do not work; nil = not known.
	RuleFaults func(org string) []RuleFault
	// Probe sends a test message to a contact's address and returns what the channel said;
	// ErrNotServing where there are no channels.
	Probe func(ctx context.Context, org string, c portfolio.Contact, a portfolio.Address, key string) (detail string, err error)
	// Meter reads what each channel sends now and how many replies meant nothing; nil = none.
	Meter func() (channels []ChannelMeter, unmatched int)
	// Vitals gives the facts of the self-check; nil = none.
	Vitals func(ctx context.Context) (pulse.Facts, error)
	Limits pulse.Limits
	// Devices keeps the browsers that show notifications; nil = there are none. CheckDevice
	// holds what a browser gave against what can be sent to; fault.ErrInvalid.
	Devices     DeviceStore
	CheckDevice func(subscription string) error
	// Assess keeps indicators and assessments, Method is what they are reckoned with; nil = none, the built-in one.
	Assess AssessStore
	Method *assessment.Method
	ReportConfig
	SurveyConfig
	ForecastConfig
	Mute      MuteStore                    // whether the installation is muted; nil = it never is
	Unsaid    func(org string) []BlindSpot // warnings that the public feed had to leave out; nil = none
	Now       clock.Clock
	Simulated bool
	Failpoint func(step string) // tests kill the process there; nil = nowhere
	// Waits is how long each level waits for an answer; zero = response.DefaultWaits.
	Waits response.Waits
	// Changed and Assessing tell open pages what is new and how an assessment moves; nil = none.
	Changed, Assessing func(org string)
	Policy             warning.Policy
	// Index makes what judges an event against a portfolio, for what would change a warning.
	Index func(portfolio.Portfolio) Assessor
}

// An Assessor judges an event against one portfolio.
type Assessor interface {
	Assess(e event.Event, now time.Time) []exposure.Exposure
}

// A Desk answers for pages and API. It is safe for concurrent use.
type Desk struct {
	cfg     Config
	mu      sync.Mutex
	indexes map[string]versioned // of the newest portfolio, by organisation
	spots   map[string]spotsOf   // by organisation
	ahead   outlook              // what of forecasts is dear to reckon
}

var (
	_ Reads    = (*Desk)(nil)
	_ Commands = (*Desk)(nil)
)

type versioned struct {
	version int64
	index   *portfolio.Index
}

// New returns a Desk.
func New(cfg Config) *Desk {
	if cfg.Waits == (response.Waits{}) {
		cfg.Waits = response.DefaultWaits()
	}
	return &Desk{cfg: cfg, indexes: map[string]versioned{}, spots: map[string]spotsOf{}}
}

func need(who Principal, s Scope) error {
	if who.May(s) {
		return nil
	}
	return fmt.Errorf("%s may not %s: %w", who.Name, s, fault.ErrForbidden)
}

// index returns the look-up tables of a portfolio that the store gave. Every page needs them
// and they change with the version only.
func (d *Desk) index(p portfolio.Portfolio) *portfolio.Index {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept := d.indexes[p.Org]
	if kept.version == p.Version && p.Version > 0 {
		return kept.index
	}
	fresh := versioned{p.Version, p.Index()}
	if p.Version > kept.version {
		d.indexes[p.Org] = fresh
	}
	return fresh.index
}

// portfolio returns the newest version, empty when there is none yet.
func (d *Desk) portfolio(ctx context.Context, org string) (portfolio.Portfolio, error) {
	p, err := d.cfg.Store.PortfolioAt(ctx, org, 0)
	if errors.Is(err, fault.ErrNotFound) {
		return portfolio.Portfolio{Org: org}, nil
	}
	return p, err
}

// Status is the line that stands in the header of every page.
func (d *Desk) Status(ctx context.Context, who Principal) (Status, error) {
	sources, err := d.sources(ctx, who)
	if err != nil {
		return Status{}, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return Status{}, err
	}
	st := Status{Now: d.cfg.Now(), Simulated: d.cfg.Simulated}
	if st.Blind, err = d.blind(ctx, who.Org, p, sources); err != nil {
		return st, err
	}
	for _, s := range sources {
		if !s.On {
			continue
		}
		st.Sources++
		if !s.seeing() && !(s.Inward() && s.LastContent.IsZero()) {
			st.Silent++
		}
		if s.LastContent.After(st.Picture) {
			st.Picture = s.LastContent
		}
	}
	if st.Queued, st.Late, err = d.cfg.Store.Outbox(ctx, st.Now); err != nil {
		return st, err
	}
	if d.cfg.Mute != nil {
		if st.Muting, err = d.cfg.Mute.Muting(ctx); err != nil {
			return st, err
		}
	}
	page, err := d.cfg.Store.JournalRows(ctx, who.Org, "", Page{Limit: 1})
	st.Journal = page.Size
	for _, w := range d.cfg.Witnesses() {
		st.Witnessed = max(st.Witnessed, w.Size)
	}
	return st, err
}

// Queue returns one page of the watch queue with the counts beside its filters.
func (d *Desk) Queue(ctx context.Context, who Principal, f Filter) (Queue, error) {
	if err := need(who, CanRead); err != nil {
		return Queue{}, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return Queue{}, err
	}
	rows, next, err := d.cfg.Store.QueueRows(ctx, who.Org, f, who.Account)
	if err != nil {
		return Queue{}, err
	}
	counts, err := d.cfg.Store.QueueCounts(ctx, who.Org, who.Account)
	if err != nil {
		return Queue{}, err
	}
	q := Queue{
		Needs: counts.Needs, Open: counts.Open, Mine: counts.Mine, Levels: counts.Levels, Family: counts.Family,
		Suppressed: counts.Suppressed, Next: next, As: d.cfg.Now(),
	}
	index := d.index(p)
	for _, r := range rows {
		q.Rows = append(q.Rows, d.row(r, p, index))
	}
	return q, nil
}

func (d *Desk) row(r StoredRow, p portfolio.Portfolio, index *portfolio.Index) Row {
	pr, ok := index.Project(r.Head.Project)
	if !ok {
		pr = portfolio.Project{ID: r.Head.Project, Name: r.Head.Project, Zone: "UTC"}
	}
	out := Row{
		Warning: r.Head, Project: pr, People: r.People, Since: r.Head.LevelSince, Told: r.Told,
		Contacts: len(response.Contacts(p, r.Head.Project)), Delivered: r.Delivered, Failed: r.Failed, Newest: r.Head.Fresh,
	}
	if r.Answer != nil && r.AnsweredAt >= r.Head.Told.Revision {
		a := *r.Answer
		a.By = d.nameOf(index, a.By, a.Contact)
		out.Answer = &a
	}
	return out
}

func (d *Desk) nameOf(index *portfolio.Index, name, contact string) string {
	if c, ok := index.Contact(contact); ok && name == "" {
		return c.Name
	}
	return name
}

// Story returns everything about one warning.
func (d *Desk) Story(ctx context.Context, who Principal, warningID string) (Story, error) {
	if err := need(who, CanRead); err != nil {
		return Story{}, err
	}
	r, w, err := d.cfg.Store.WarningRow(ctx, who.Org, warningID)
	if err != nil {
		return Story{}, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return Story{}, err
	}
	index := d.index(p)
	s := Story{Row: d.row(r, p, index)}
	s.Warning, s.Explanation = w, warning.Explain(w, d.cfg.Policy)
	hushed, err := d.suppressed(ctx, who.Org, "", w.Project, p)
	if err != nil {
		return Story{}, err
	}
	for _, h := range hushed {
		if h.Family == w.Family {
			s.Suppressed = append(s.Suppressed, h)
		}
	}
	if s.Revisions, err = d.cfg.Store.WarningRevisions(ctx, who.Org, warningID); err != nil {
		return s, err
	}
	for _, ref := range w.Events {
		e, _, err := d.cfg.Store.EventByID(ctx, who.Org, ref.ID)
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return s, err
		}
		if err == nil {
			s.Events = append(s.Events, e)
		}
	}
	if s.Signals, err = d.cfg.Store.SignalsByID(ctx, who.Org, evidenceOf(w, s.Events)); err != nil {
		return s, err
	}
	if s.Moments, err = d.moments(ctx, who.Org, s.Revisions, s.Signals, warningID, index); err != nil {
		return s, err
	}
	return d.around(ctx, who, s, p)
}

func evidenceOf(w warning.Warning, events []event.Event) []string {
	ids := slices.Clone(w.Evidence)
	for _, e := range events {
		for _, r := range e.Reports {
			if r.Signal != "" && !slices.Contains(ids, r.Signal) && len(ids) < 200 {
				ids = append(ids, r.Signal)
			}
		}
	}
	return ids
}

// moments joins deliveries, answers, revisions and signals into one timeline, newest first.
func (d *Desk) moments(ctx context.Context, org string, revisions []warning.Warning, signals []event.Signal, id string, index *portfolio.Index) ([]Moment, error) {
	out, err := d.cfg.Store.WarningMoments(ctx, org, id)
	if err != nil {
		return nil, err
	}
	now := d.cfg.Now()
	for i := range out {
		if c, ok := index.Contact(out[i].Who); ok {
			out[i].Who = c.Name
		}
		out[i].Late = out[i].Kind == "queued" && out[i].State == string(response.Pending) && now.Sub(out[i].At) > time.Minute
	}
	for _, w := range revisions {
		out = append(out, Moment{At: w.At, Kind: "revision", Who: w.Actor, Level: w.Level, Reason: w.Reason, Rev: w.Revision, State: string(w.State), Detail: w.Note})
	}
	for _, s := range signals {
		out = append(out, Moment{At: s.Received, Kind: "signal", Who: d.sourceName(s.Source), Detail: s.Text("en").Headline})
	}
	slices.SortStableFunc(out, func(a, b Moment) int { return b.At.Compare(a.At) })
	return out, nil
}

func (d *Desk) sourceName(id string) string {
	if s, ok := d.cfg.Catalogue.Source(id); ok {
		return s.Name
	}
	return id
}

// around adds what stands beside the story: who is next, who cannot be seen, whose words
// these are.
func (d *Desk) around(ctx context.Context, who Principal, s Story, p portfolio.Portfolio) (Story, error) {
	esc, err := d.cfg.Store.Escalation(ctx, s.Warning.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return s, err
	}
	if err == nil && esc.State == response.Running && !esc.Due.IsZero() {
		next := Moment{At: esc.Due, Kind: "escalation", Late: esc.Due.Before(d.cfg.Now()), Detail: "exhausted"}
		duty, err := d.cfg.Store.Duty(ctx, who.Org)
		if err != nil {
			return s, err
		}
		if c, ok := duty.PeopleFor(p, s.Warning, esc.Due).After(s.Warning, esc, esc.Due); ok {
			next.Who, next.Channel, next.Detail = c.Name, c.Channels[0].Channel, c.Role
		}
		s.NextStep = &next
	}
	sources, err := d.sources(ctx, who)
	if err != nil {
		return s, err
	}
	for _, st := range sources {
		if slices.ContainsFunc(s.Signals, func(x event.Signal) bool { return x.Source == st.ID }) {
			s.Sources = append(s.Sources, st)
			s.Row.Sources = append(s.Row.Sources, st.Name)
		}
	}
	blind, err := d.blind(ctx, who.Org, p, sources)
	if err != nil {
		return s, err
	}
	for _, b := range blind {
		if (b.Family == s.Warning.Family || b.Family == "") && (b.Project.ID == s.Warning.Project || b.Project.ID == "") {
			s.Blind = append(s.Blind, b)
		}
	}
	return s, nil
}

// Events lists the events of the organisation's view, newest first.
func (d *Desk) Events(ctx context.Context, who Principal, p Page) ([]event.Event, string, error) {
	if err := need(who, CanRead); err != nil {
		return nil, "", err
	}
	return d.cfg.Store.EventList(ctx, who.Org, p)
}

// Event returns one event with its signals.
func (d *Desk) Event(ctx context.Context, who Principal, id string) (event.Event, []event.Signal, error) {
	if err := need(who, CanRead); err != nil {
		return event.Event{}, nil, err
	}
	return d.cfg.Store.EventByID(ctx, who.Org, id)
}

// Portfolio returns the newest version.
func (d *Desk) Portfolio(ctx context.Context, who Principal) (portfolio.Portfolio, error) {
	if err := need(who, CanRead); err != nil {
		return portfolio.Portfolio{}, err
	}
	return d.portfolio(ctx, who.Org)
}

// Projects lists the projects with how they stand.
func (d *Desk) Projects(ctx context.Context, who Principal) ([]ProjectSummary, error) {
	p, err := d.Portfolio(ctx, who)
	if err != nil {
		return nil, err
	}
	levels, err := d.cfg.Store.ProjectLevels(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	sources, err := d.sources(ctx, who)
	if err != nil {
		return nil, err
	}
	blind := map[string]int{}
	for _, b := range d.unseen(p, sources) {
		if b.StillSeen == 0 {
			blind[b.Project.ID]++
		}
	}
	out := make([]ProjectSummary, len(p.Projects))
	at := map[string]int{}
	for i, pr := range p.Projects {
		at[pr.ID] = i
		out[i] = ProjectSummary{Project: pr, Open: levels[pr.ID].Open, Level: level.Level(levels[pr.ID].Level), Blind: blind[pr.ID] + blind[""]}
	}
	now := d.cfg.Now()
	index := d.index(p)
	for _, a := range p.Assets {
		if i, ok := at[a.Project]; ok {
			out[i].Assets++
			zone, err := index.Location(a)
			if err != nil {
				zone = time.UTC // the zone was checked at the import; a machine without it still counts
			}
			out[i].People += a.HeadCount(now, zone)
		}
	}
	return out, nil
}

// Versions lists the versions of the portfolio, newest first.
func (d *Desk) Versions(ctx context.Context, who Principal) ([]VersionRow, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	return d.cfg.Store.PortfolioVersions(ctx, who.Org)
}

// Quarantine lists pieces that could not become signals.
func (d *Desk) Quarantine(ctx context.Context, who Principal, source string, p Page) ([]Quarantined, string, error) {
	if err := need(who, CanRead); err != nil {
		return nil, "", err
	}
	return d.cfg.Store.QuarantineRows(ctx, who.Org, source, p)
}

// Journal lists the entries of the organisation and of the installation.
func (d *Desk) Journal(ctx context.Context, who Principal, kind string, p Page) (JournalPage, error) {
	if err := need(who, CanRead); err != nil {
		return JournalPage{}, err
	}
	page, err := d.cfg.Store.JournalRows(ctx, who.Org, kind, p)
	page.Witnesses = d.cfg.Witnesses()
	return page, err
}

// Map returns what the map draws.
func (d *Desk) Map(ctx context.Context, who Principal) (MapData, error) {
	p, err := d.Portfolio(ctx, who)
	if err != nil {
		return MapData{}, err
	}
	levels, err := d.cfg.Store.AssetLevels(ctx, who.Org)
	if err != nil {
		return MapData{}, err
	}
	var m MapData
	index := d.index(p)
	for _, a := range p.Assets {
		x := levels[a.ID]
		x.Asset = a
		if pr, ok := index.Project(a.Project); ok {
			x.ProjectName = pr.Name
		}
		m.Assets = append(m.Assets, x)
	}
	if m.Events, _, err = d.cfg.Store.EventList(ctx, who.Org, Page{Limit: 500}); err != nil {
		return m, err
	}
	sources, err := d.Sources(ctx, who)
	m.Blind = d.unseen(p, sources) // what a map can hatch: hazards at places
	return m, err
}

// Rules lists the users' rules.
func (d *Desk) Rules(ctx context.Context, who Principal) ([]RuleRow, error) {
	if err := need(who, CanRead); err != nil {
		return nil, err
	}
	rows, err := d.cfg.Store.RuleRows(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	p, err := d.portfolio(ctx, who.Org)
	if err != nil {
		return nil, err
	}
	return d.faulty(who.Org, rows, p), nil
}

// Watch is what the desk asks of the decision service.
type Watch interface {
	ByHand(ctx context.Context, org, warningID string, act warning.Act, actor, reason string) (warning.Warning, error)
	Detach(ctx context.Context, org, eventID string, signals []string, actor string) error
	SetPortfolio(ctx context.Context, v watch.PortfolioVersion) (watch.PortfolioVersion, error)
	SetRule(ctx context.Context, v watch.RuleVersion) (watch.RuleVersion, error)
	Answer(ctx context.Context, a watch.Answer) (watch.Answer, error)
	Escalate(ctx context.Context, org, warningID string, revision int, actor string, force bool) error
}
