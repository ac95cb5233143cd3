#include "loops.h"

TARGET_CLONES void vector_fill(float *destination, float value, long count) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) destination[i] = value;
}

INLINE void activate(const float *x, float *y, long count, int kind, float slope) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) y[i] = activated(x[i], kind, slope);
}

TARGET_CLONES void vector_activate(
    const float *x, float *y, long count, vector_activation activation
) {
    FOR_EACH_KIND(activation, activate(x, y, count, kind, activation.slope))
}

INLINE void activation_gradient(
    const float *gradient, const float *y, float *result, long count, int kind, float slope
) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++)
        result[i] = gradient[i] * slope_at_output(y[i], kind, slope);
}

TARGET_CLONES void vector_activation_gradient(
    const float *gradient, const float *y, float *result, long count,
    vector_activation activation
) {
    FOR_EACH_KIND(
        activation, activation_gradient(gradient, y, result, count, kind, activation.slope))
}

TARGET_CLONES void vector_scale_add(
    float alpha, const float *x, float beta, float *y, long count
) {
    if (beta == 0) {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++) y[i] = alpha * x[i];
    } else {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++) y[i] = alpha * x[i] + beta * y[i];
    }
}

TARGET_CLONES void vector_multiply_add(
    float alpha, const float *left, const float *right, float beta, float *y, long count
) {
    if (beta == 0) {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++) y[i] = alpha * left[i] * right[i];
    } else {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++) y[i] = alpha * left[i] * right[i] + beta * y[i];
    }
}

TARGET_CLONES void vector_divide_add(
    float alpha, const float *numerator, const float *denominator, float epsilon, float beta,
    float *y, long count
) {
    if (beta == 0) {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++)
            y[i] = alpha * (numerator[i] / (denominator[i] + epsilon));
    } else {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++)
            y[i] = alpha * (numerator[i] / (denominator[i] + epsilon)) + beta * y[i];
    }
}

TARGET_CLONES void vector_square_root(const float *x, float *y, long count) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) y[i] = square_root(x[i]);
}

TARGET_CLONES void vector_signum(const float *x, float *y, long count) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) y[i] = x[i] > 0 ? 1 : x[i] < 0 ? -1 : x[i];
}

TARGET_CLONES void vector_add(const float *x, float *y, long count) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) y[i] += x[i];
}

TARGET_CLONES void vector_fill_rows(
    const float *row, float *y, long rows, long channels, long stride
) {
    for (long r = 0; r < rows; r++, y += stride) {
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) y[c] = row[c];
    }
}

TARGET_CLONES void vector_scale_columns(
    const float *x, const float *scale, float *y, long rows, long channels
) {
    for (long r = 0; r < rows; r++, x += channels, y += channels) {
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) y[c] = x[c] * scale[c];
    }
}

TARGET_CLONES void vector_sum_row_products(
    const float *x, const float *y, long rows, long channels, double *sums
) {
    for (long r = 0; r < rows; r++, x += channels, y += channels) {
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) sums[c] += (double)x[c] * y[c];
    }
}

TARGET_CLONES void vector_dropout(
    const float *x, float *y, long first, long count, uint64_t key, float probability, float factor
) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) {
        // SplitMix64, as RandomSource has it.
        uint64_t z = key + (uint64_t)(first + i + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        z = z ^ (z >> 31);
        float uniform = (float)(uint32_t)(z >> 40) * 0x1p-24f;
        y[i] = uniform < probability ? 0 : x[i] * factor;
    }
}

TARGET_CLONES void vector_sum_rows(
    const float *x, long rows, long channels, double *sums, float *scratch
) {
    // Float sums of short blocks, added as doubles: fast, and no worse with more rows.
    for (long start = 0; start < rows; start += 64) {
        long end = min_long(rows, start + 64);
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) scratch[c] = x[start * channels + c];
        for (long r = start + 1; r < end; r++) {
            const float *row = x + r * channels;
            VECTORIZE_CHANNELS
            for (long c = 0; c < channels; c++) scratch[c] += row[c];
        }
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) sums[c] += scratch[c];
    }
}
