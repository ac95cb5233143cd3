// Loops of the CPU backend on several threads, each on a part of its own, as the backend shares them
// out. `Scripts/sanitizers` builds this with the thread sanitizer, which reports a race and ends the
// program, and with those of addresses and undefined behaviour; before that, the loader must be able to start it.
#include <pthread.h>
#include <stdio.h>

#include "CVectorLoops.h"

enum { THREADS = 4, ROWS = 64, CHANNELS = 24, COUNT = ROWS * CHANNELS };

static float images[THREADS * COUNT], results[THREADS * COUNT];
static double sums[THREADS][CHANNELS];
static float scale[CHANNELS];

static void *work(void *argument) {
    long part = (long)argument;
    float *x = images + part * COUNT, *y = results + part * COUNT;
    float scratch[CHANNELS];
    vector_activation leaky = {vector_leaky_relu, 0.5f};
    vector_fill(x, (float)part - 1, COUNT);
    vector_activate(x, y, COUNT, leaky);
    vector_scale_columns(y, scale, x, ROWS, CHANNELS);
    vector_sum_rows(x, ROWS, CHANNELS, sums[part], scratch);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (int c = 0; c < CHANNELS; c++) scale[c] = 2;
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0) return 71;
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int part = 0; part < THREADS; part++) {
        double expected = 2 * ROWS * (part > 0 ? part - 1 : -0.5);
        for (int c = 0; c < CHANNELS; c++) {
            if (sums[part][c] == expected) continue;
            fprintf(stderr, "part %d, channel %d: %g, not %g\n", part, c, sums[part][c], expected);
            return 1;
        }
    }
    return 0;
}
