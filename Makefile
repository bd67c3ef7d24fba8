# Showrunner. `make` alone lists what there is to make.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go

# Tools, pinned. They run from the module cache and are no dependency of ours.
GOTESTSUM    := gotest.tools/gotestsum@v1.13.0
GOFUMPT      := mvdan.cc/gofumpt@v0.12.0
STATICCHECK  := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK  := golang.org/x/vuln/cmd/govulncheck@v1.8.0
GOLANGCI_VERSION := v2.15.0
GOLANGCI     := bin/tools/golangci-lint@$(GOLANGCI_VERSION)/golangci-lint

FUZZTIME ?= 20s
TIMEOUT  ?= 60m
PKG      ?= ./...

ENGINE := node_modules/.package-lock.json
TSC    := gateway/console/node_modules/.package-lock.json

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

.PHONY: build
build: $(ENGINE) ## build bin/showrunner and install the embedded analytics engine
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/showrunner ./cmd/showrunner

# npm checks the engine's sha512 against package-lock.json and writes the stamp.
$(ENGINE): package.json package-lock.json .npmrc
	npm ci --no-progress
	@touch $@

.PHONY: run
run: build ## play one simulated show on embedded engines and keep the server running
	bin/showrunner demo --keep --data data

.PHONY: demo
demo: build ## the same for scripts: exits 0 when report, reconciliation and tally agree
	bin/showrunner demo

# The compiler of the console's client. Its output is committed: building the
# server needs no Node.
$(TSC): gateway/console/package.json gateway/console/package-lock.json gateway/console/.npmrc
	npm ci --no-progress --prefix gateway/console
	@touch $@

.PHONY: client
client: $(TSC) ## compile the room client of the console from TypeScript
	cd gateway/console && node_modules/.bin/tsc

.PHONY: console
console: $(TSC) ## build the console from gateway/console/app into gateway/console/dist, which is committed
	cd gateway/console && npm run --silent client && npm run --silent build

.PHONY: console-check
console-check: $(TSC) ## types, lint, unit tests and budget of the console; fails when dist is not what the sources give
	cd gateway/console && npm run --silent check

.PHONY: console-budget
console-budget: $(ENGINE) $(TSC) ## what the console costs over a show of five hours, at full size (half an hour)
	SHOWRUNNER_BUDGET_COMMENTS=900000 SHOWRUNNER_BUDGET_SECONDS=60 SHOWRUNNER_BUDGET_LOADS=5 $(GO) test ./cmd/showrunner -count=1 -timeout 120m -v -run TestConsoleKeepsItsBudget

# Tests of whole servers take four fifths of the time all others take together: they
# begin first, so that nothing waits for them at the end.
.PHONY: test
test: $(ENGINE) $(TSC) ## every test, race detector on, real engines; skips are listed at the end
	$(GO) run $(GOTESTSUM) --format pkgname -- -race -timeout $(TIMEOUT) $(patsubst ./...,./cmd/showrunner ./...,$(PKG))

.PHONY: race
race: test ## the same as test: there is no run without the race detector

.PHONY: console-test
console-test: ## only the tests of the room client
	cd gateway/console && node --test test/

.PHONY: cover
cover: $(ENGINE) ## coverage across packages into cover.out
	$(GO) test -timeout $(TIMEOUT) -coverpkg=./... -coverprofile=cover.out $(PKG)
	$(GO) tool cover -func=cover.out | tail -n 1

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (20s each)
	for pkg in $$($(GO) list $(PKG)); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: bench
bench: $(ENGINE) ## every benchmark six times, ready for benchstat
	$(GO) test -run '^$$' -bench . -benchmem -count=6 -timeout 60m $(PKG)

.PHONY: lint
lint: lint-fast $(GOLANGCI) ## formatting, vet, staticcheck, golangci-lint
	$(GOLANGCI) run

.PHONY: lint-fast
lint-fast: ## lint without golangci-lint, whose first build takes minutes
	@unformatted=$$($(GO) run $(GOFUMPT) -l $$(git ls-files '*.go')); \
	  if [[ -n $$unformatted ]]; then echo "make fmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

$(GOLANGCI):
	GOBIN=$(CURDIR)/$(dir $@) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

.PHONY: fmt
fmt: ## format the Go files
	$(GO) run $(GOFUMPT) -w $$(git ls-files '*.go')

.PHONY: fix
fix: $(GOLANGCI) fmt ## apply what golangci-lint can correct by itself
	$(GOLANGCI) run --fix

.PHONY: vuln
vuln: ## known vulnerabilities (asks the public database, so not part of ci)
	$(GO) run $(GOVULNCHECK) ./...

.PHONY: smoke
smoke: build ## the binary starts, knows its configuration and stops
	bin/showrunner serve --check --data $$(mktemp -d)

.PHONY: ci
ci: lint console-check test ## what .ci/run calls

.PHONY: clean
clean: ## remove what make made, but not ./data
	rm -rf bin cover.out
