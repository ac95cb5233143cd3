# Three commands do everything on a fresh Debian or Ubuntu machine with a Swift toolchain:
#   make demo       install what is missing, build, train on real images
#   make install    the same set-up, then the program, completions and manual pages in PREFIX
#   make test       the same set-up, then every check
#
# The text behind ## is what `make help` says of a target.
SHELL  := /bin/bash
BUILD  := swift build -c release -debug-info-format none
LLS    := .build/release/lls
PREFIX := /usr/local

# For `lls --version`.
export LLS_COMMIT := $(shell Scripts/facts commit)
export LLS_BUILT_WITH := $(shell Scripts/facts built-with)
export DESTDIR

.PHONY: help setup build demo stage install uninstall dist check-dist docs test lint oclgrind sanitizers \
	sanitize-threads example check-onnx check-tracking soak fuzz bench bench-gpu clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

setup: ## install the system packages that are missing
	@Scripts/setup

build: setup ## build .build/release/lls
	$(BUILD) --product lls

demo: build ## build, and train an epoch of Fashion-MNIST
	$(LLS) train --backend opencl --epochs 1

# Compiles everything again, for the Swift runtime is linked statically: minutes.
stage: ## build what install copies: the program with the Swift runtime, its manual pages
	Scripts/stage

install: ## install to PREFIX (/usr/local), below DESTDIR if it is set
	Scripts/install $(PREFIX)

uninstall: ## remove what install installed
	Scripts/uninstall $(PREFIX)

dist: ## make a Debian package and a tarball for machines without Swift, in dist/
	Scripts/dist

check-dist: dist ## install both in bare Debian systems, and train there (root, network)
	Scripts/check_dist

docs: build ## make the library's documentation for a web server, in dist/docs
	Scripts/docs dist/docs

test: setup ## run every check
	Scripts/check

lint: ## check the format of all sources
	swift format lint --strict --parallel -r Package.swift Sources Kernels Tests Fuzz Examples

# In a simulator that sees races, uninitialised reads and overruns.
oclgrind: build ## run small shapes of every kernel in Oclgrind
	Scripts/oclgrind

sanitizers: ## run the C loops under the sanitizers of threads, addresses and undefined behaviour
	Scripts/sanitizers

# Builds anew: minutes.
sanitize-threads: setup ## run the loader and the thread pool under the thread sanitizer
	Scripts/sanitize_threads

# The tests compile and run its sources, too.
example: setup ## build the package in Examples/ by itself, and train with it
	Scripts/example

# Half an hour.
check-onnx: build ## compare exported models of every network in onnxruntime
	Scripts/check_onnx

# pip installs an MLflow server for it. The tests do without.
check-tracking: build ## compare what TensorBoard and an MLflow server have of runs, killed ones too
	Scripts/check_tracking

# Tests/RELIABILITY.md. The tests do so for a minute.
soak: setup ## 20 minutes of kills, signals, full disks and lost devices against the real program
	Scripts/soak 1200

fuzz: setup ## a minute of mutated input for every reader of foreign files
	Scripts/fuzz

# Benchmarks/RESULTS.md.
bench: build ## compare with PyTorch, CLBlast, OpenBLAS and the machine's own peak
	Benchmarks/bench

# Beside what Benchmarks/GPU.md expects of them.
bench-gpu: build ## time the local-memory kernels on a real GPU
	Benchmarks/bench_gpu

clean: ## remove everything that was built
	rm -rf .build .build-fuzz .build-tsan .build-static dist Examples/*/.build
