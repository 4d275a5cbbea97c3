# Two commands do everything on a fresh machine with Rust:
#
#   make demo    build, and run a study of test-time compute with the bundled models: nothing else is needed
#   make test    build with llama.cpp, fetch a model for it, run all tests
#
# The second installs what llama.cpp's build needs (see scripts/setup: Debian or Ubuntu), or says what to install.

.PHONY: help demo ask test test-servers check setup build llama dist rust-version fmt clippy clippy-default cuda-types doc deny audit bench clean

CARGO ?= cargo
DELIBERATE = $(or $(CARGO_TARGET_DIR),target)/release/deliberate
# Everything there is: llama.cpp, and what trains the digits of `diffusion`.
LLAMA = --features deliberate-cli/llama,deliberate-diffusion/train

help:
	@sed -n 's/^#   //p' Makefile
	@echo "make llama   build with llama.cpp, for any GGUF model"
	@echo "make dist    a program for other machines (on x86-64: with AVX2 and FMA)"
	@echo "make check   what CI runs: format, lints with and without llama.cpp, tests, docs, licences"
	@echo "make test-servers   real llama-servers (behind proxies that fail, killed, started again) and a real vLLM; gets both first"
	@echo "make audit   known weaknesses of the dependencies (needs github.com)"
	@echo "make bench   the engine and search measured side by side with a bare llama.cpp loop"

demo: build
	@$(DELIBERATE) calibrate
	@echo
	@echo "The same on recorded samples of the default model on GSM8K (docs/study):"
	@$(DELIBERATE) calibrate --replay docs/study/gsm8k/samples.jsonl --replay-verifier logprob --run-directory runs/replay-gsm8k
	@echo
	@echo "A question of your own, answered by a general model (half a gigabyte, fetched once): make ask"

QUESTION ?= A cinema has 14 rows of 20 seats. 35 seats are empty. How many people are in the cinema?

ask: export ASKED := $(value QUESTION)
ask: build
	@$(DELIBERATE) solve "$$ASKED"

test: setup
	@scripts/setup browser
	$(CARGO) test --release --workspace $(LLAMA) --no-run
	@$(DELIBERATE) models pull smollm2
	$(CARGO) test --release --workspace $(LLAMA)

test-servers:
	@scripts/test-servers

check: setup fmt rust-version clippy clippy-default test doc deny

build:
	$(CARGO) build --release --bin deliberate

llama: setup
	$(CARGO) build --release --bin deliberate --features llama

setup:
	@scripts/setup

# A newer part of the standard library is refused by Clippy.
rust-version:
	@scripts/rust-version

# A program for other machines: on x86-64 for those with AVX2 and FMA. Without these the default model and the lab's are many
# times slower (ten times for the lab's): only the products of 8-bit matrices choose their instructions at run time.
dist: export CARGO_TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)/dist
dist: export RUSTFLAGS := -C target-cpu=$(if $(filter x86_64,$(shell uname -m)),x86-64-v3,generic)
dist:
	$(CARGO) build --release --bin deliberate
	strip $(DELIBERATE)

fmt:
	$(CARGO) fmt --all --check

clippy: setup
	$(CARGO) clippy --release --workspace $(LLAMA) --all-targets -- -D warnings

# What somebody builds who follows the README: no llama.cpp.
clippy-default:
	$(CARGO) clippy --release --workspace --exclude deliberate-llama --all-targets -- -D warnings

# The feature `cuda` without a CUDA toolkit: its build scripts only ask for a compiler, and a stand-in leaves empty kernels.
# Types are checked and nothing is linked. In a folder of its own, so that no real build ever finds those kernels. (With
# llama.cpp as well it cannot be done: its CMake files test that the compiler works.)
cuda-types: export CARGO_TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)/no-cuda
cuda-types: export NVCC := $(CURDIR)/scripts/no-cuda/nvcc
cuda-types: export PATH := $(CURDIR)/scripts/no-cuda:$(PATH)
cuda-types: export CUDA_COMPUTE_CAP := 80
cuda-types:
	$(CARGO) check --release -p deliberate-cli --features cuda

doc: setup
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --workspace $(LLAMA) --no-deps

deny:
	@scripts/setup cargo-deny
	$(CARGO) deny check bans licenses sources

# Not a part of `check`: the database of advisories is a git repository on github.com and in no package registry, so it
# cannot be had where only registries are reached, and a check that passes without it would say nothing.
audit:
	@scripts/setup cargo-deny
	$(CARGO) deny check advisories

bench: llama
	@$(DELIBERATE) models pull smollm2
	$(DELIBERATE) bench engine

clean:
	$(CARGO) clean
