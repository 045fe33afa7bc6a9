// Package watchfire_test keeps the shape of the repository: which package may import which,
// what decisions must not touch, how large a file or a function may grow, and what each
// package owes its reader. It parses the sources itself, so that a change to any of them
// runs it again; a version that asked `go list` would keep passing from the test cache. It
// builds nothing and knows no types beyond one package: what a compiler finds is not its task.
//
// The tables stand in this file, the rules in architecture_rules_test.go, and for each rule
// a source that breaks it in architecture_broken_test.go.
package watchfire_test

// module is the path before every package of ours; internal names are written without it.
const module = "watchfire.dev/"

// Limits: a file and a function can be read in one sitting, and an import passes through at
// most maxLayers layers. Inside a layer packages may build on one another, so the longest
// chain of single imports is longer; maxChain only ever goes down.
const (
	maxLayers       = 8
	maxChain        = 14
	maxFileLines    = 500
	maxFuncLines    = 100
	maxTableLines   = 200 // of a test: a table of cases is data
	minDocSentences = 3
)

// A layer is a row of the table in ARCHITECTURE.md. A package may import the layers named
// in below and, inside its own layer, only what within allows.
type layer struct {
	name     string
	packages []string // paths below internal/; "feed/*" stands for every folder there
	below    []string
}

// layers go from the inside outwards; a name in below must be an earlier one.
var layers = []layer{
	{"leaf", []string{"clock", "country", "crew", "examples", "fault", "gazetteer", "geo", "id", "level", "netguard", "pack", "quantile", "trace"}, nil},
	{"noun", []string{"event", "portfolio", "rota"}, []string{"leaf"}},
	{"verb", []string{
		"pulse", "indicator", "assessment",
		"cap", "config", "delivery", "exposure", "exposure/calc", "exposure/impact", "exposure/match", "exposure/verify",
		"feed", "forecast/*", "journal", "journal/witness", "phrase",
		"chart", "portfolio/sheet", "register", "replay", "report", "report/document", "response", "rota/ical", "rule", "rule/rulefile", "survey", "warning", "watch",
	}, []string{"leaf", "noun"}},
	{"desk", []string{"account", "desk"}, []string{"leaf", "noun", "verb"}},
	{"adapter", []string{"backup", "backup/stream", "feed/*", "delivery/*", "heartbeat", "report/print", "job", "metric", "otlp", "store", "store/*"}, []string{"leaf", "noun", "verb", "desk"}},
	// Edges show and take; they know no database, feed or channel. Only app does.
	{"edge", []string{"api", "demo", "sim", "web"}, []string{"leaf", "noun", "verb", "desk"}},
	{"app", []string{"app"}, []string{"leaf", "noun", "verb", "desk", "adapter", "edge"}},
	{"cmd", []string{"cmd/watchfire", "cmd/watchfire-verify"}, []string{"leaf", "noun", "verb", "desk", "app"}},
}

// narrow lists packages that may import less than their layer.
var narrow = map[string][]string{
	// The verifier must be small enough for an outsider to read, and shares nothing with what
	// wrote the journal but the journal's own package.
	"cmd/watchfire-verify": {"journal"},
}

// within lists imports that the layers alone forbid: "importer imported" and why it is
// right. "*" as importer stands for every package of the imported one's layer.
var within = map[string]string{
	"* fault":                           "errors are told apart by meaning everywhere",
	"gazetteer country":                 "an area belongs to countries",
	"gazetteer geo":                     "an outline is a region",
	"portfolio event":                   "a radius override is by kind of hazard",
	"delivery response":                 "a notification is what response queued",
	"delivery warning":                  "a message words one revision of a warning",
	"journal/witness journal":           "a witness carries the journal's checkpoints",
	"assessment indicator":              "an assessment rests on indicators",
	"phrase assessment":                 "an assessment is put into words",
	"phrase indicator":                  "an indicator has a name",
	"phrase exposure":                   "the rows of a warning are put into words",
	"phrase warning":                    "a warning is put into words",
	"replay exposure":                   "the decision log holds rows, and its encoder writes them out",
	"replay warning":                    "a run names the policy it ran under",
	"replay watch":                      "a replay runs the decision core",
	"report assessment":                 "a report shows assessments",
	"report chart":                      "a report draws",
	"report phrase":                     "a report is put into words",
	"report register":                   "a report shows the register",
	"report report/document":            "a report becomes a document",
	"report/document chart":             "a document holds drawings",
	"report/document portfolio/sheet":   "the tables become a workbook",
	"register portfolio/sheet":          "a register comes as any table does",
	"survey portfolio/sheet":            "a questionnaire comes as any table does",
	"response warning":                  "who is told depends on the warning",
	"warning exposure":                  "a level rests on exposures",
	"watch exposure":                    "the core carries rows to the warning",
	"watch journal":                     "a batch holds its journal entries",
	"watch response":                    "a batch holds its notifications",
	"watch warning":                     "the core decides warnings",
	"exposure exposure/impact":          "a row carries what the impact function found",
	"exposure/calc exposure/impact":     "the calculator runs the impact functions by hand",
	"exposure/verify exposure/impact":   "published cases are reckoned again by the impact functions",
	"exposure exposure/match":           "finds the assets that a shape reaches",
	"rule exposure":                     "a rule asks about an exposure",
	"rule warning":                      "a rule gives an effect on a warning",
	"rule/rulefile exposure":            "a case of a file describes an exposure",
	"rule/rulefile rule":                "a file holds rules",
	"rule/rulefile watch":               "a file's rules are rated as the core rates them",
	"rule watch":                        "a set of rules is the rater that the core asks",
	"feed/formats feed/*":               "the table of formats: names each parser once and has no code of its own",
	"feed/catalogue feed/formats":       "a definition may only name a format that exists",
	"feed/corpus feed/formats":          "reads samples of every format",
	"delivery/* delivery/httpfault":     "what an HTTP answer means is the same for every channel that speaks it",
	"delivery/* delivery/room":          "rooms, cards, buttons and tokens are the same for every channel that speaks to rooms",
	"delivery/* delivery/said":          "a reply means the same on every channel that people can answer on",
	"delivery/* delivery/segment":       "what a text costs as a short message",
	"delivery/* delivery/twilio":        "short messages and calls go through one account",
	"backup/stream backup":              "a copy lies in a place for backups",
	"account desk":                      "an account becomes the principal that the desk asks for",
	"cmd/watchfire demo":                "the demonstration is a command",
	"cmd/watchfire feed/corpus":         "a command of its own: reads files, starts no desk",
	"cmd/watchfire feed/formats":        "feed parse reads files and starts no desk",
	"cmd/watchfire store":               "journal verify and portfolio export read the database while no desk runs",
	"feed/* feed/scan":                  "limits and item cutting that every parser of outside bytes does first",
	"feed/intake feed/push":             "the inward form that pages and partners send is parsed on arrival, while the sender waits",
	"feed/poll feed/fetch":              "a poll is a fetch and what follows from it",
	"feed/poll feed/intake":             "a poll hands its record to intake",
	"store/* store/engine":              "an engine says what the shared queries need to know of it",
	"store store/engine":                "works with whichever engine it is given",
	"store delivery":                    "implements delivery.Store",
	"store feed/fetch":                  "keeps the health that fetch defines",
	"store feed/intake":                 "implements intake.Archive and intake.Seen",
	"store feed/poll":                   "implements poll.Store",
	"forecast/score forecast/dist":      "a score compares a distribution with what happened",
	"forecast/ledger forecast/dist":     "an entry keeps the quantiles that it gave",
	"forecast/ledger forecast/ladder":   "a model's entries are made of its forecast",
	"forecast/ledger forecast/panel":    "outcomes come from the panel",
	"forecast/ledger forecast/score":    "entries are scored",
	"forecast/site forecast/dist":       "the interval of a rate is the gamma's",
	"forecast/site forecast/ledger":     "places are scored like countries",
	"forecast/ladder forecast/dist":     "a rung answers with distributions",
	"forecast/ladder forecast/forest":   "one rung is a forest",
	"forecast/ladder forecast/panel":    "a rung looks at a view of the panel",
	"forecast/hindcast forecast/dist":   "a cell of a forecast is scored",
	"forecast/hindcast forecast/ladder": "asks every rung",
	"forecast/hindcast forecast/panel":  "cuts the panel at each origin",
	"forecast/hindcast forecast/score":  "scores what the rungs said",
}

// external lists the modules that production code may import, and where. What each is for
// stands in docs/dependencies.md.
var external = map[string][]string{
	"cel.dev/cel-go":                        {"rule"},
	"github.com/SherClockHolmes/webpush-go": {"delivery/webpush"},
	"github.com/alecthomas/kong":            {"cmd/watchfire"},
	"github.com/benbjohnson/litestream":     {"backup/stream"},
	"github.com/danielgtaylor/huma/v2":      {"api"},
	"github.com/eclipse/paho.golang":        {"delivery/mqtt"},
	"github.com/emersion/go-imap/v2":        {"delivery/email"},
	"github.com/emersion/go-msgauth":        {"delivery/email"},
	"github.com/emersion/go-smtp":           {"demo"},
	"github.com/goccy/go-yaml":              {"assessment", "config", "feed/catalogue", "indicator", "phrase", "rule/rulefile"},
	"github.com/golang/geo":                 {"exposure/match", "geo", "tools/benchmatch"},
	"github.com/jackc/pgx/v5":               {"job", "store/postgres", "tools/benchmatch"},
	"github.com/klauspost/compress":         {"store"},
	"github.com/microcosm-cc/bluemonday":    {"feed/advice", "feed/news", "feed/push"},
	"github.com/mmcdole/gofeed":             {"feed/news"},
	"github.com/nicksnyder/go-i18n/v2":      {"phrase"},
	"github.com/pressly/goose/v3":           {"store/postgres", "store/sqlite"},
	"github.com/prometheus/client_golang":   {"metric"},
	"github.com/riverqueue/river":           {"job"},
	"github.com/superfly/ltx":               {"backup/stream"},
	"github.com/tidwall/rtree":              {"tools/benchmatch"},
	"github.com/wneessen/go-mail":           {"delivery/email"},
	"go.opentelemetry.io/otel":              {"otlp"},
	"golang.org/x/crypto":                   {"account"},
	"golang.org/x/mod":                      {"app", "journal", "journal/witness", "store"},
	"golang.org/x/net":                      {"cap", "delivery/email"},
	"golang.org/x/sync":                     {"app", "cmd/watchfire"},
	"golang.org/x/sys":                      {"exposure/impact", "exposure/match"},
	"golang.org/x/text":                     {"cap", "country", "delivery/said", "exposure", "feed/capfeed", "feed/gdacs", "feed/news", "gazetteer", "indicator", "phrase", "portfolio", "portfolio/sheet"},
	"modernc.org/sqlite":                    {"store/sqlite"},
}

// externalTest lists the modules that only tests and their support packages may import.
var externalTest = []string{
	"github.com/arran4/golang-ical", "github.com/google/go-cmp", "github.com/jackc/pgx/v5", "github.com/xuri/excelize/v2", "go.uber.org/goleak", "pgregory.net/rapid",
	"golang.org/x/net", // dnsmessage in netguardtest
	"github.com/emersion/go-sasl", "github.com/emersion/go-smtp", "github.com/mochi-mqtt/server/v2", "github.com/rogpeppe/go-internal", "github.com/standard-webhooks/standard-webhooks/libraries",
}

// decisions are the packages whose answers a replay must repeat byte for byte.
var decisions = []string{
	"assessment", "indicator",
	"cap", "event", "exposure", "exposure/calc", "exposure/impact", "exposure/match", "gazetteer", "geo", "level", "pack", "portfolio", "quantile", "replay", "response", "rule",
	"forecast/hindcast", "forecast/dist", "forecast/forest", "forecast/ladder", "forecast/ledger", "forecast/panel", "forecast/score", "forecast/site",
	"report", "report/document", "rota", "register", "chart", "survey", "warning", "watch",
}

// seeded lists decision packages that may import a worldly one: "importer imported" and why.
var seeded = map[string]string{
	"forecast/forest math/rand/v2": "which cases a tree sees and which features a split tries: a PCG of seed and tree",
	"forecast/score math/rand/v2":  "bootstrap samples of a fixed stream",
	"exposure/impact math/rand/v2": "the ensemble of a cyclone's track: a PCG seeded from the advisory; checkCalls refuses the global functions",
}

// worldly are packages of the standard library through which a decision could depend on the
// machine, the hour or the network.
var worldly = []string{
	"crypto/rand", "database/sql", "html/template", "math/rand", "net", "net/http", "os", "os/exec", "runtime", "syscall", "unsafe",
}

// calls lists functions that production code may use only in the packages named, or nowhere.
// A trailing "*" stands for every name that begins so.
var calls = []struct {
	name  string
	in    map[string]string // package → why
	cause string
}{
	{"time.Now", map[string]string{
		"clock":          "the one place that reads the machine's time",
		"job":            "River compares the retry time that we return with its own clock",
		"delivery/email": "the kernel counts a connection's deadline in the machine's time",
	}, "take a clock.Clock or an instant as argument"},
	{"time.Since", nil, "subtract two instants of the clock that was given"},
	{"time.Until", nil, "subtract two instants of the clock that was given"},
	{"os.Getenv", map[string]string{"cmd/watchfire": "hands the environment to config"}, "configuration arrives as values"},
	{"os.LookupEnv", map[string]string{"config": "a secret is read by reference when it is used"}, "configuration arrives as values"},
	{"os.Environ", nil, "configuration arrives as values"},
	{"rand.Int*", nil, "chance comes from a seeded source that is an argument"},
	{"rand.Float64", map[string]string{"app": "spreads the polls of many sources; decides nothing"}, "chance comes from a seeded source that is an argument"},
	{"rand.Float32", nil, "chance comes from a seeded source that is an argument"},
	{"rand.Perm", nil, "chance comes from a seeded source that is an argument"},
	{"rand.Shuffle", nil, "chance comes from a seeded source that is an argument"},
	{"rand.N", nil, "chance comes from a seeded source that is an argument"},
	{"http.Get", nil, "go out through netguard"},
	{"http.Head", nil, "go out through netguard"},
	{"http.Post*", nil, "go out through netguard"},
	{"http.DefaultClient", map[string]string{"cmd/watchfire": "the user's own command speaks to the desk that the user names"}, "go out through netguard"},
	{"http.DefaultTransport", nil, "go out through netguard"},
	{"http.DefaultServeMux", nil, "no global state"},
	{"net.Dial*", map[string]string{"netguard": "the one dialer"}, "go out through netguard"},
	{"template.ParseFiles", nil, "templates are embedded"},
	{"template.ParseGlob", nil, "templates are embedded"},
	{"slog.SetDefault", nil, "no global state"},
	{"template.HTML*", nil, "what is not our own is text, and templates escape it"},
	{"template.JS*", nil, "what is not our own is text, and templates escape it"},
	{"template.CSS", nil, "what is not our own is text, and templates escape it"},
	{"template.URL", nil, "what is not our own is text, and templates escape it"},
	{"template.Srcset", nil, "what is not our own is text, and templates escape it"},
	{"exec.Command*", map[string]string{"report/print": "a page becomes PDF through an installed Chromium"}, "no other program is started"},
	{"os.StartProcess", nil, "no other program is started"},
	{"syscall.Exec", nil, "no other program is started"},
	{"syscall.ForkExec", nil, "no other program is started"},
	{"syscall.StartProcess", nil, "no other program is started"},
	{"os.Exit", map[string]string{"cmd/watchfire": "main", "cmd/watchfire-verify": "main"}, "return an error"},
	{"log.Fatal*", nil, "return an error"},
}

// makers are functions that give a package variable its value: what they return is never
// changed afterwards and is safe to share.
var makers = []string{
	"errors.New", "fmt.Errorf", "regexp.MustCompile", "sync.OnceValue", "sync.OnceValues", "netip.MustParsePrefix",
	"netip.MustParseAddr", "template.Must", "strings.NewReplacer", "base32.NewEncoding", "WithPadding", "language.MustParse",
	"time.Date", "[]byte", "inserting", "changing",
}

// parsersWithoutFuzz lists packages whose exported readers get no bytes from outside.
var parsersWithoutFuzz = map[string]string{
	"level":   "the matrix is embedded or the operator's own file, decoded strictly by encoding/json",
	"warning": "the policy is embedded or the operator's own file, decoded strictly by encoding/json",
	"replay":  "lines that our own feed parse wrote, decoded by encoding/json",
}

// badNames are names that say nothing (STYLE, "Names").
var badNames = []string{"util", "utils", "common", "types", "models", "helpers", "helper", "manager", "misc", "base"}
