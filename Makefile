# Two commands do everything on a fresh machine with Rust:
#
#   make demo    build, and run a study of test-time compute with the bundled models: nothing else is needed
#   make test    build with llama.cpp, fetch a model for it, run all tests
#
# The second installs what llama.cpp's build needs (see scripts/setup: Debian or Ubuntu), or says what to install.

.PHONY: help demo test check setup build llama fmt clippy doc deny bench clean

CARGO ?= cargo
DELIBERATE = $(or $(CARGO_TARGET_DIR),target)/release/deliberate
LLAMA = --features deliberate-cli/llama

help:
	@sed -n 's/^#   //p' Makefile
	@echo "make llama   build with llama.cpp, for any GGUF model"
	@echo "make check   what CI runs: format, lints, tests, docs, licences"
	@echo "make bench   the engine and search measured side by side with a bare llama.cpp loop"

demo: build
	@$(DELIBERATE) calibrate

test: setup
	$(CARGO) test --release --workspace $(LLAMA) --no-run
	@$(DELIBERATE) models pull
	$(CARGO) test --release --workspace $(LLAMA)

check: setup fmt clippy test doc deny

build:
	$(CARGO) build --release --bin deliberate

llama: setup
	$(CARGO) build --release --bin deliberate --features llama

setup:
	@scripts/setup

fmt:
	$(CARGO) fmt --all --check

clippy: setup
	$(CARGO) clippy --release --workspace $(LLAMA) --all-targets -- -D warnings

doc: setup
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --workspace $(LLAMA) --no-deps

deny:
	@scripts/setup cargo-deny
	$(CARGO) deny check bans licenses sources

bench: llama
	@$(DELIBERATE) models pull
	$(DELIBERATE) bench engine

clean:
	$(CARGO) clean
