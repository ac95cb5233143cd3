# Two commands do everything on a fresh Debian or Ubuntu machine with a Swift toolchain:
#   make demo    install what is missing, build, train on real images
#   make test    the same set-up, then every check
SHELL := /bin/bash
BUILD := swift build -c release
LLS   := .build/release/lls

.PHONY: help setup build tests demo test lint oclgrind fuzz bench bench-gpu clean

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@Scripts/setup

build: setup
	$(BUILD) --product lls

demo: build
	$(LLS) train --backend opencl --epochs 1

test: lint tests oclgrind
	Scripts/test

# The program and the tests in one go, so that no module is compiled twice.
tests: setup
	$(BUILD) --build-tests

lint:
	swift format lint --strict -r Package.swift Sources Kernels Tests Fuzz

# Small shapes of every kernel, in a simulator that sees races, uninitialised reads and overruns.
oclgrind: tests
	Scripts/oclgrind

# A minute of mutated input for every reader of foreign files.
fuzz: setup
	Scripts/fuzz

# Against PyTorch, CLBlast, OpenBLAS and the machine's own peak: Benchmarks/RESULTS.md.
bench: build
	Benchmarks/bench

# The local-memory kernels on a real GPU, beside what Benchmarks/GPU.md expects of them.
bench-gpu: build
	Benchmarks/bench_gpu

clean:
	rm -rf .build .build-fuzz
