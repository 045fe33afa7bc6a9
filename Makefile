# Everything that is done with this repository. Needs Go, Node and make; what else a target
# uses it says, and goes on without where it can. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# One static binary. Only the race detector needs cgo, and sets it itself.
export CGO_ENABLED := 0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
GOFLAGS_BUILD := -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'

# Tools of `make check`, at versions known to work together with go.mod's Go.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
HELM        := helm.sh/helm/v3/cmd/helm@v3.22.0
NFPM        := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2

BIN    := bin
VENDOR := internal/web/static/vendor
TIMEOUT ?= 20m
FUZZTIME ?= 10s
BENCHTIME ?= 1s
# What test-postgres runs: all tests of app, all stories, and those kills after which another
# process has something to take over; TestKill… runs on PostgreSQL in any case.
ON_POSTGRES := ^(Test[A-JL-Z].*|TestKilledAtEveryStep)$$/^([^k].*|k[^i].*|kill_.*|killed_at_(accepted|before_commit|claimed|record_stored))$$

.PHONY: help build demo test test-postgres check format tools packagers packages lint-packaging assets bench bench-match bench-watch bench-deliver bench-fleet bench-replay bench-assess figures fuzz sim chaos drill corpus method-docs shots clean

help: ## List the targets
	@echo 'Watchfire: make TARGET'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: assets ## Build bin/watchfire and bin/watchfire-verify: static, without cgo
	@echo 'build: $(BIN)/watchfire, $(BIN)/watchfire-verify ($(VERSION))'
	@go build $(GOFLAGS_BUILD) -o $(BIN)/ ./cmd/watchfire ./cmd/watchfire-verify

demo: build ## Play a five-minute scenario on invented projects; stop with Ctrl-C
	@echo 'demo: everything it shows is simulated; nothing leaves this machine'
	@exec $(BIN)/watchfire demo $(DEMO)

test: assets ## Run all tests; WATCHFIRE_REQUIRE=1 makes a missing program an error
	@tools/found.sh
	@echo 'test: all packages'
	@go test -timeout $(TIMEOUT) ./...

test-postgres: ## Run the tests of app and the stories on PostgreSQL
	@echo 'test-postgres: internal/app, cmd/watchfire'
	@WATCHFIRE_TEST_ENGINE=postgres go test -timeout $(TIMEOUT) -run '$(ON_POSTGRES)' ./internal/app ./cmd/watchfire

check: assets ## Format, vet, staticcheck, known vulnerabilities, architecture, races
	@tools/check.sh

format: tools ## Rewrite the sources in the house format
	@echo 'format: gofumpt'
	@$(BIN)/tools/gofumpt -w $$(git ls-files -co --exclude-standard '*.go')

tools: ## Install the pinned tools of `make check` into bin/tools
	@tools/install.sh $(GOFUMPT) $(STATICCHECK) $(GOVULNCHECK)

packagers: ## Install the pinned tools that build and read packages into bin/tools
	@tools/install.sh $(HELM) $(NFPM)

packages: build packagers ## Build the Debian package into bin/
	@tools/package.sh $(BIN)

lint-packaging: build packagers ## Read chart, unit, package and samples with the programs that will read them
	@tools/lintpackaging.sh

assets: browser/node_modules/.vendored ## Fetch the map library and the checks in the browser from npm

# Without npm, or without a network, the pages work with the server's own map.
browser/node_modules/.vendored: browser/package-lock.json browser/vendor.mjs
	@echo 'assets: npm ci in browser/'
	@if command -v npm >/dev/null && (cd browser && npm ci --no-audit --no-fund --loglevel=error && node vendor.mjs); then \
		touch $@; \
	else \
		echo 'assets: npm gave nothing; the pages will use the map that the server draws'; \
	fi

bench: ## Run every benchmark; ends with lines `figure NAME VALUE UNIT`
	@echo 'bench: every benchmark, $(BENCHTIME) each'
	@go test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem -timeout $(TIMEOUT) ./... | go run ./tools/figures -from-bench

bench-watch: build ## Measure a running desk from outside: bytes in, notification out
	@echo 'bench-watch: 10,000 assets, 100 signals a second, one receiver'
	@go run ./tools/benchwatch -binary $(BIN)/watchfire $(BENCHWATCH)

bench-deliver: build ## Measure how notifications leave: latency, overtaking, drain, memory
	@echo 'bench-deliver: 100/s and 1,000/s; BENCHDELIVER="-alertmanager 127.0.0.1:9093" alternates with an Alertmanager'
	@go run ./tools/benchdeliver -binary $(BIN)/watchfire $(BENCHDELIVER)

bench-fleet: build ## Measure how deciding scales: one, two and four processes on PostgreSQL
	@echo 'bench-fleet: 1,000 sites in 64 projects, 200 earthquakes; BENCHFLEET="-observations 40" for more'
	@go run ./tools/benchfleet -binary $(BIN)/watchfire $(BENCHFLEET)

bench-match: ## Measure the matcher against a scan, an R-tree, PostGIS and Tile38 where they are found
	@echo 'bench-match: 10k, 100k and 1M assets; BENCHMATCH="-tile38 127.0.0.1:9851" adds a Tile38 server'
	@go run ./tools/benchmatch $(BENCHMATCH)

bench-replay: ## Replay thirty years of the world against 10,000 sites
	@echo 'bench-replay: 400,000 earthquakes, 5,000 cyclone advisories, 10,000 sites'
	@go run ./tools/benchreplay $(BENCHREPLAY)

bench-assess: ## Measure a full assessment: every country and 500 projects, 1,000 draws each
	@echo 'bench-assess: every country of the starter set, 500 projects, 1,000 draws each'
	@go run ./tools/benchassess $(BENCHASSESS)

figures: ## Run the benchmarks and write docs/figures.md
	@echo 'figures: docs/figures.md'
	@{ $(MAKE) --no-print-directory bench; $(MAKE) --no-print-directory bench-match; $(MAKE) --no-print-directory bench-watch; $(MAKE) --no-print-directory bench-deliver; $(MAKE) --no-print-directory bench-replay; $(MAKE) --no-print-directory bench-assess; } | tee /dev/stderr | go run ./tools/figures -write docs/figures.md

fuzz: ## Run every fuzz target for FUZZTIME (10s)
	@tools/fuzz.sh $(FUZZTIME)

sim: ## Play 10,000 seeded worlds, then planted bugs; SEED=123 plays one and prints it, SIM="-n 500" fewer
	@go run ./tools/sim $(if $(SEED),-seed $(SEED),) $(SIM)

chaos: build ## Break the real program fault by fault; CHAOS="-rows 1,6 -seed 7 -v" chooses, CHAOS=-list lists
	@echo 'chaos: every row of docs/faults.md; rows that this machine cannot play are named'
	@go run ./tools/chaos -binary $(BIN)/watchfire $(CHAOS)

drill: build ## Play a disaster: fill, copy, crash, restore, verify; DRILL="-mb 2048" changes the size
	@echo 'drill: 1/20 of 10 GB unless DRILL says otherwise'
	@go run ./tools/drill -binary $(BIN)/watchfire $(DRILL)

corpus: build ## Read every sample under $WATCHFIRE_CORPUS; the table goes into docs/sources.md
	@test -n "$${WATCHFIRE_CORPUS:-}" || { echo 'corpus: set WATCHFIRE_CORPUS to the folder of samples'; exit 2; }
	@echo "corpus: $$WATCHFIRE_CORPUS"
	@$(BIN)/watchfire corpus --doc docs/sources.md "$$WATCHFIRE_CORPUS"

method-docs: build ## Reckon the published cases again; the table goes into docs/method/verification.md
	@echo 'method-docs: docs/method/verification.md'
	@$(BIN)/watchfire method verify --doc docs/method/verification.md >/dev/null

shots: assets ## Write a picture of every page: light, dark, 360 px (needs Chromium)
	@tools/shots.sh

clean: ## Remove what was built and fetched
	@echo 'clean: $(BIN), $(VENDOR), browser/node_modules, browser/shots'
	@rm -rf $(BIN) browser/node_modules browser/shots
	@find $(VENDOR) -type f ! -name .gitignore -delete
