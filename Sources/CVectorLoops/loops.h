// Included by every file of loops: the target processors, and the marks of loops.
#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CVectorLoops.h"

// With the thread sanitizer the loader would choose among the bodies before the sanitizer is set up,
// and the program would crash there.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SINGLE_VERSION 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define SINGLE_VERSION 1
#endif

#if !defined(SINGLE_VERSION) && defined(__clang__) && defined(__x86_64__) && defined(__ELF__) \
    && __has_attribute(target_clones)
/// One body for AVX-512, AVX2 and the baseline; the loader chooses.
#define TARGET_CLONES \
    __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define TARGET_CLONES
#endif

/// A part of a multiversioned function, compiled with it.
#define INLINE static inline __attribute__((always_inline))

#if defined(__clang__)
/// A long loop whose iterations are independent, though arrays may be one and the same.
#define VECTORIZE_ELEMENTS _Pragma("clang loop vectorize(assume_safety)")
/// The same over channels, of which there may be few: no unrolling that only many would enter.
#define VECTORIZE_CHANNELS \
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)")
#else
#define VECTORIZE_ELEMENTS _Pragma("GCC ivdep")
#define VECTORIZE_CHANNELS _Pragma("GCC ivdep")
#endif

INLINE long min_long(long a, long b) { return a < b ? a : b; }
INLINE long max_long(long a, long b) { return a > b ? a : b; }

/// Rows that fill about `bytes`, at least one.
INLINE long rows_of(long bytes, long channels) { return max_long(1, bytes / 4 / channels); }

/// Without `errno`, which would keep a loop from being vectorised.
INLINE float square_root(float x) {
#if defined(__clang__) && __has_builtin(__builtin_elementwise_sqrt)
    return __builtin_elementwise_sqrt(x);
#else
    return sqrtf(x);
#endif
}

#include "activation.h"
