# Two commands do everything on a fresh Debian or Ubuntu machine with a Swift toolchain:
#   make demo    install what is missing, build, train on real images
#   make test    the same set-up, then every check
SHELL := /bin/bash
BUILD := swift build -c release -debug-info-format none
LLS   := .build/release/lls

.PHONY: help setup build demo test lint oclgrind sanitizers example check-onnx soak fuzz bench bench-gpu clean

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@Scripts/setup

build: setup
	$(BUILD) --product lls

demo: build
	$(LLS) train --backend opencl --epochs 1

test: setup
	Scripts/check

lint:
	swift format lint --strict --parallel -r Package.swift Sources Kernels Tests Fuzz Examples

# Small shapes of every kernel, in a simulator that sees races, uninitialised reads and overruns.
oclgrind: build
	Scripts/oclgrind

# The C loops on several threads, under the sanitizers of threads, addresses and undefined behaviour.
sanitizers:
	Scripts/sanitizers

# The package in Examples/, built by itself. The tests compile and run its sources, too.
example: setup
	Scripts/example

# Exported models of every network, compared by onnxruntime: half an hour.
check-onnx: build
	Scripts/check_onnx

# Kills, signals, full disks and lost devices against the real program, for 20 minutes:
# Tests/RELIABILITY.md. The tests do so for a minute.
soak: setup
	Scripts/soak 1200

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
	rm -rf .build .build-fuzz Examples/*/.build
