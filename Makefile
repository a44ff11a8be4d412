# Octothorpe. `make run` starts an exchange, `make test` proves it, `make help` lists the rest.

GO          ?= go
FUZZTIME    ?= 10s
CHAOS       ?= 1m
TESTFLAGS   ?=
PACKAGES    ?= ./...
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
BINARY       = bin/octothorpe

.DEFAULT_GOAL := build
.PHONY: help build run test race chaos nightly fuzz lint generate generated bench bench-reference bench-centre reference-diff conformance packages clean

help: ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

build: ## one static binary, bin/octothorpe, and its link bin/asterisk
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BINARY) ./cmd/octothorpe
	ln -sf octothorpe bin/asterisk

run: ## an exchange with no configuration at all
	$(GO) run ./cmd/octothorpe

packages: # the Debian packages that the tests talk to: real phones, real load
	@bash test/packages.sh

test: packages ## all tests; brings the Debian packages they need
	$(GO) test $(TESTFLAGS) $(PACKAGES)

race: ## all tests under the race detector
	@$(MAKE) --no-print-directory test TESTFLAGS="-race $(TESTFLAGS)"

chaos: ## clients of ARI that do what they like, CHAOS (1m) long, under the race detector
	$(GO) test -race -count=1 -timeout 30m ./test/ari -run TestChaosLeavesNothing -chaos $(CHAOS)

nightly: ## what takes too long for every change: ten minutes of chaos
	@$(MAKE) --no-print-directory chaos CHAOS=10m

fuzz: ## every fuzzer there is, FUZZTIME (10s) each
	@GO=$(GO) bash test/fuzz.sh $(FUZZTIME)

lint: ## gofmt, go vet, staticcheck
	@out=$$(gofmt -l $$($(GO) list -f '{{.Dir}}' ./...)); if [ -n "$$out" ]; then echo "not formatted (gofmt -w):"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	@bash test/staticcheck.sh $(STATICCHECK)

generate: ## write every generated file anew
	$(GO) generate ./...

generated: ## fail if a generated file is not what its generator writes
	@GO=$(GO) bash test/generated.sh

bench: ## the Go benchmarks; beside the reference: see bench/
	$(GO) test -run '^$$' -bench . -benchmem $(PACKAGES)

bench-reference: ## what calls cost here and on a real Asterisk, one table: ARGS=-h
	$(GO) run ./bench/reference $(ARGS)

bench-centre: ## an hour of a call centre, compressed, every call accounted for in each record: ARGS=-h
	$(GO) run ./bench/centre $(ARGS)

reference-diff: build ## the same scenarios here and on a real Asterisk that runs beside, event by event: N same, M differ
	$(GO) run ./test/reference -binary $(BINARY) -against $(ARGS)
	@if [ -n "$$OCTOTHORPE_REFERENCE" ]; then $(GO) test -count=1 ./test/agi ./test/ariapps; else echo "AGI and ARI beside Asterisk: set OCTOTHORPE_REFERENCE"; fi

conformance: build ## Asterisk's public test suite: make conformance SUITE=folder-with-run_suite.py ARGS="--group manager"
	@test -n "$(SUITE)" || { echo "make conformance SUITE=PATH: the folder that holds run_suite.py"; exit 2; }
	$(SUITE)/run_suite.py --asterisk $(abspath $(BINARY)) $(ARGS)

clean: ## what was built
	rm -rf bin
