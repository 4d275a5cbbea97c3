# Two commands do everything on a fresh Debian or Ubuntu machine with Rust:
#
#   make demo    build, fetch the default model, solve three questions three ways
#   make test    build, fetch the default model, run all tests
#
# Both install what the native build needs first (see scripts/setup), or say what to install.

.PHONY: help demo test check setup build model fmt clippy doc deny bench clean

CARGO ?= cargo
DELIBERATE = target/release/deliberate

help:
	@sed -n 's/^#   //p' Makefile
	@echo "make check   what CI runs: format, lints, tests, docs, licences"
	@echo "make bench   the engine and search measured side by side with a bare llama.cpp loop"

demo: build
	@$(DELIBERATE) models pull
	@$(DELIBERATE) demo

test: setup
	$(CARGO) test --release --workspace --no-run
	@$(DELIBERATE) models pull
	$(CARGO) test --release --workspace

check: setup fmt clippy test doc deny

build: setup
	$(CARGO) build --release --bin deliberate

setup:
	@scripts/setup

fmt:
	$(CARGO) fmt --all --check

clippy: setup
	$(CARGO) clippy --release --workspace --all-targets -- -D warnings

doc: setup
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --workspace --no-deps

deny:
	@scripts/setup cargo-deny
	$(CARGO) deny check bans licenses sources

bench: build
	@$(DELIBERATE) models pull
	$(DELIBERATE) bench engine

clean:
	$(CARGO) clean
