// OpenBLAS's own matrix product [n, n] · [n, n], all threads. Prints {"gflops": …, "core": …}.
//
//     cc -O2 openblas_gemm.c -lopenblas -o openblas_gemm
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int count, char **arguments) {
    const int n = count > 1 ? atoi(arguments[1]) : 1024, runs = 15;
    float *a = malloc(4L * n * n), *b = malloc(4L * n * n), *c = malloc(4L * n * n);
    if (n <= 0 || !a || !b || !c) return 71;
    for (long i = 0; i < (long)n * n; i++) a[i] = (float)(i % 7) - 3, b[i] = (float)(i % 5) - 2;
    double seconds[runs];
    for (int i = -2; i < runs; i++) {
        const double start = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, a, n, b, n, 0, c, n);
        if (i >= 0) seconds[i] = now() - start;
    }
    qsort(seconds, runs, sizeof *seconds, ascending);
    printf("{\"gflops\": %.1f, \"core\": \"%s\"}\n", 2e-9 * n * n * n / seconds[runs / 2],
           openblas_get_corename());
    return 0;
}
