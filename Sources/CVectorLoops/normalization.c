#include "loops.h"

/// Moments of few rows: the mean first, then the deviations from it, while they are in the cache.
/// The rounding error of the first mean is taken out again (Chan, Golub & LeVeque 1983, eq. 1.7).
INLINE void block_moments(
    const float *x, long rows, long channels, double *mean, double *squares, float *scratch
) {
    float *center = scratch, *sum = scratch + channels;
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) center[c] = 0;
    for (long r = 0; r < rows; r++) {
        const float *row = x + r * channels;
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) center[c] += row[c];
    }
    const float share = 1.0f / (float)rows;
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) {
        center[c] *= share;
        sum[c] = 0;
    }
    float *square = sum + channels;
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) square[c] = 0;
    for (long r = 0; r < rows; r++) {
        const float *row = x + r * channels;
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) {
            float deviation = row[c] - center[c];
            sum[c] += deviation;
            square[c] += deviation * deviation;
        }
    }
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) {
        double left = sum[c];
        mean[c] = center[c] + left / (double)rows;
        squares[c] = square[c] - left * left / (double)rows;
    }
}

INLINE void merge_moments(
    long rows, double *mean, double *squares,
    long other_rows, const double *other_mean, const double *other_squares, long channels
) {
    const double share = (double)other_rows / (double)(rows + other_rows);
    const double weight = (double)rows * share;
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) {
        double step = other_mean[c] - mean[c];
        mean[c] += step * share;
        squares[c] += other_squares[c] + step * step * weight;
    }
}

TARGET_CLONES void vector_merge_moments(
    long rows, double *mean, double *squares,
    long other_rows, const double *other_mean, const double *other_squares, long channels
) {
    merge_moments(rows, mean, squares, other_rows, other_mean, other_squares, channels);
}

TARGET_CLONES void vector_moments(
    const float *x, long rows, long channels, double *mean, double *squares, double *scratch
) {
    double *block_mean = scratch, *block_squares = scratch + channels;
    float *block_scratch = (float *)(scratch + 2 * channels);
    const long block = max_long(rows_of(32 << 10, channels), 8);
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) mean[c] = squares[c] = 0;
    for (long start = 0; start < rows; start += block) {
        long count = min_long(block, rows - start);
        block_moments(
            x + start * channels, count, channels, block_mean, block_squares, block_scratch);
        merge_moments(start, mean, squares, count, block_mean, block_squares, channels);
    }
}

INLINE void batch_norm(
    const float *x, float *y, long rows, long channels, vector_norm norm, int kind, float slope
) {
    for (long r = 0; r < rows; r++, x += channels, y += channels) {
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) {
            float normalized = (x[c] - norm.mean[c]) * norm.inverse_deviation[c];
            y[c] = activated(norm.scale[c] * normalized + norm.shift[c], kind, slope);
        }
    }
}

TARGET_CLONES void vector_batch_norm(
    const float *x, float *y, long rows, long channels, vector_norm norm,
    vector_activation activation
) {
    FOR_EACH_KIND(
        activation, batch_norm(x, y, rows, channels, norm, kind, activation.slope))
}

INLINE void batch_norm_sums(
    const float *gradient, const float *x, long rows, long channels, vector_norm norm,
    int kind, float slope, double *shift_sums, double *scale_sums, float *scratch
) {
    float *shift_sum = scratch, *scale_sum = scratch + channels;
    for (long start = 0; start < rows; start += 64) {
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) shift_sum[c] = scale_sum[c] = 0;
        for (long r = start; r < min_long(rows, start + 64); r++) {
            const float *g = gradient + r * channels, *row = x + r * channels;
            VECTORIZE_CHANNELS
            for (long c = 0; c < channels; c++) {
                float normalized = (row[c] - norm.mean[c]) * norm.inverse_deviation[c];
                float before = norm.scale[c] * normalized + norm.shift[c];
                float inner = g[c] * slope_at_input(before, kind, slope);
                shift_sum[c] += inner;
                scale_sum[c] += inner * normalized;
            }
        }
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) {
            shift_sums[c] += shift_sum[c];
            scale_sums[c] += scale_sum[c];
        }
    }
}

TARGET_CLONES void vector_batch_norm_sums(
    const float *gradient, const float *x, long rows, long channels, vector_norm norm,
    vector_activation activation, double *shift_sums, double *scale_sums, float *scratch
) {
    FOR_EACH_KIND(
        activation,
        batch_norm_sums(
            gradient, x, rows, channels, norm, kind, activation.slope, shift_sums, scale_sums,
            scratch))
}

INLINE void batch_norm_gradient(
    const float *gradient, const float *x, float *result, long rows, long channels,
    vector_norm norm, int kind, float slope, const float *shift_mean, const float *scale_mean
) {
    for (long r = 0; r < rows; r++, gradient += channels, x += channels, result += channels) {
        VECTORIZE_CHANNELS
        for (long c = 0; c < channels; c++) {
            float normalized = (x[c] - norm.mean[c]) * norm.inverse_deviation[c];
            float before = norm.scale[c] * normalized + norm.shift[c];
            float inner = gradient[c] * slope_at_input(before, kind, slope);
            float factor = norm.scale[c] * norm.inverse_deviation[c];
            result[c] = factor * (inner - (shift_mean[c] + normalized * scale_mean[c]));
        }
    }
}

TARGET_CLONES void vector_batch_norm_gradient(
    const float *gradient, const float *x, float *result, long rows, long channels,
    vector_norm norm, vector_activation activation, const float *shift_mean,
    const float *scale_mean
) {
    FOR_EACH_KIND(
        activation,
        batch_norm_gradient(
            gradient, x, result, rows, channels, norm, kind, activation.slope, shift_mean,
            scale_mean))
}

/// `Σ a·b` in double; its order is that of the vector length, fixed on a given processor.
INLINE double dot(const float *a, const float *b, long count) {
#if defined(__clang__)
#pragma clang fp reassociate(on)
#endif
    double sum = 0;
    for (long i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

TARGET_CLONES void vector_normalize_rows(
    const float *x, float *y, float *norms, long rows, long columns, float smallest
) {
    for (long r = 0; r < rows; r++, x += columns, y += columns) {
        double length = sqrt(dot(x, x, columns));
        // Written so that a NaN is no bound but the norm.
        float norm = length < smallest ? smallest : (float)length;
        VECTORIZE_ELEMENTS
        for (long i = 0; i < columns; i++) y[i] = x[i] / norm;
        norms[r] = norm;
    }
}

TARGET_CLONES void vector_normalize_rows_gradient(
    const float *gradient, const float *y, const float *norms, float *result, long rows,
    long columns, float smallest
) {
    for (long r = 0; r < rows; r++, gradient += columns, y += columns, result += columns) {
        const float norm = norms[r];
        const float along = norm <= smallest ? 0 : (float)dot(gradient, y, columns);
        VECTORIZE_ELEMENTS
        for (long i = 0; i < columns; i++) result[i] = (gradient[i] - y[i] * along) / norm;
    }
}
