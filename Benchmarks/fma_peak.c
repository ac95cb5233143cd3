// What this machine's processors can do at most: independent fused multiply-adds in registers, on
// every core at once, in the widest vectors that the processor has. Prints {"gflops": …}.
//
//     cc -O2 -ffp-contract=fast -pthread fma_peak.c -o fma_peak
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SUMS 12 // more than latency × units of any processor so far
#define LOOPS 20000000L

static volatile float factor = 0.999f, term = 0.001f, sink;

// `SUMS` chains of vectors of `LANES` floats: the sums stay in registers. Every chain begins with a
// value that the compiler can't know, or it would compute the twelve equal chains once.
#define CHAINS(NAME, LANES, TARGET)                                                               \
    typedef float NAME##_vector __attribute__((vector_size(4 * LANES)));                          \
    TARGET static double NAME(void) {                                                             \
        const NAME##_vector none = {0}, a = none + factor, b = none + term;                       \
        NAME##_vector s0 = none + term, s1 = none + term, s2 = none + term, s3 = none + term;     \
        NAME##_vector s4 = none + term, s5 = none + term, s6 = none + term, s7 = none + term;     \
        NAME##_vector s8 = none + term, s9 = none + term, s10 = none + term, s11 = none + term;   \
        for (long i = 0; i < LOOPS; i++) {                                                        \
            s0 = s0 * a + b, s1 = s1 * a + b, s2 = s2 * a + b, s3 = s3 * a + b;                   \
            s4 = s4 * a + b, s5 = s5 * a + b, s6 = s6 * a + b, s7 = s7 * a + b;                   \
            s8 = s8 * a + b, s9 = s9 * a + b, s10 = s10 * a + b, s11 = s11 * a + b;               \
        }                                                                                         \
        s0 += s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;                             \
        sink = s0[0];                                                                             \
        return 2.0 * SUMS * LANES * LOOPS;                                                        \
    }

#if defined(__x86_64__)
CHAINS(chains_512, 16, __attribute__((target("avx512f"))))
CHAINS(chains_256, 8, __attribute__((target("avx2,fma"))))
#endif
CHAINS(chains_128, 4, )

static double (*chains)(void) = chains_128;

static void *work(void *flops) {
    *(double *)flops = chains();
    return NULL;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

static double measure(int threads) {
    pthread_t handles[threads];
    double flops[threads], sum = 0;
    const double start = now();
    for (int i = 0; i < threads; i++) pthread_create(&handles[i], NULL, work, &flops[i]);
    for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL), sum += flops[i];
    return 1e-9 * sum / (now() - start);
}

int main(void) {
    const int threads = sysconf(_SC_NPROCESSORS_ONLN);
    double best = 0;
    int lanes = 4;
    for (int round = 0; round < 3; round++) {
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx512f")) {
            chains = chains_512;
            const double gflops = measure(threads);
            if (gflops > best) best = gflops, lanes = 16;
        }
        if (__builtin_cpu_supports("fma")) {
            chains = chains_256;
            const double gflops = measure(threads);
            if (gflops > best) best = gflops, lanes = 8;
        }
        if (best > 0) continue;
#endif
        const double gflops = measure(threads);
        if (gflops > best) best = gflops;
    }
    printf("{\"gflops\": %.1f, \"threads\": %d, \"lanes\": %d}\n", best, threads, lanes);
    return 0;
}
