#include "windows.h"

INLINE void batch_norm_pool(
    const float *x, float *y, float *slope_sums, float *normalized_sums,
    const vector_average_pool_shape *shape, vector_norm norm, int kind, float slope
) {
    const long channels = shape->channels, line = shape->width * channels;
    const long windows = shape->window_rows * shape->window_columns;
    memset(slope_sums, 0, (size_t)(windows * channels) * sizeof *slope_sums);
    memset(normalized_sums, 0, (size_t)(windows * channels) * sizeof *normalized_sums);
    for (long row = 0; row < shape->window_rows; row++) {
        const span rows = window_span(row, shape->window_rows, shape->height);
        for (long iy = rows.start; iy < rows.end; iy++) {
            for (long column = 0; column < shape->window_columns; column++) {
                const span columns =
                    window_span(column, shape->window_columns, shape->width);
                const long window = row * shape->window_columns + column;
                float *slope_sum = slope_sums + window * channels;
                float *normalized_sum = normalized_sums + window * channels;
                for (long ix = columns.start; ix < columns.end; ix++) {
                    const float *in = x + iy * line + ix * channels;
                    float *out = y + iy * line + ix * channels;
                    VECTORIZE_CHANNELS
                    for (long c = 0; c < channels; c++) {
                        float normalized = (in[c] - norm.mean[c]) * norm.inverse_deviation[c];
                        float before = norm.scale[c] * normalized + norm.shift[c];
                        float s = slope_at_input(before, kind, slope);
                        out[c] = s * before;
                        slope_sum[c] += s;
                        normalized_sum[c] += s * normalized;
                    }
                }
            }
        }
    }
}

TARGET_CLONES void vector_batch_norm_pool(
    const float *x, float *y, float *pooled, float *slope_sums, float *normalized_sums, long images,
    const vector_average_pool_shape *shape, vector_norm norm, vector_activation activation
) {
    const long channels = shape->channels, size = shape->height * shape->width * channels;
    const long windows = shape->window_rows * shape->window_columns;
    for (long image = 0; image < images; image++, x += size, y += size) {
        if (activation.kind == vector_leaky_relu)
            batch_norm_pool(
                x, y, slope_sums, normalized_sums, shape, norm, vector_leaky_relu, activation.slope);
        else
            batch_norm_pool(x, y, slope_sums, normalized_sums, shape, norm, vector_identity, 1);
        for (long window = 0; window < windows; window++) {
            const float area = window_area(shape, window);
            const float *slope_sum = slope_sums + window * channels;
            const float *normalized_sum = normalized_sums + window * channels;
            for (long c = 0; c < channels; c++)
                pooled[c * windows + window] =
                    (norm.scale[c] * normalized_sum[c] + norm.shift[c] * slope_sum[c]) / area;
        }
        pooled += channels * windows;
        slope_sums += channels * windows;
        normalized_sums += channels * windows;
    }
}

TARGET_CLONES void vector_batch_norm_pool_sums(
    const float *pooled_gradient, const float *slope_sums, const float *normalized_sums, long images,
    const vector_average_pool_shape *shape, double *shift_sums, double *scale_sums
) {
    const long channels = shape->channels, windows = shape->window_rows * shape->window_columns;
    for (long image = 0; image < images; image++, pooled_gradient += channels * windows) {
        for (long window = 0; window < windows; window++) {
            const float area = window_area(shape, window);
            for (long c = 0; c < channels; c++) {
                double g = pooled_gradient[c * windows + window] / area;
                shift_sums[c] += g * slope_sums[c];
                scale_sums[c] += g * normalized_sums[c];
            }
            slope_sums += channels;
            normalized_sums += channels;
        }
    }
}

/// The factors of `scale · inverse_deviation · (g·s − shift_mean − x̂·scale_mean)`, multiplied out:
/// `g·s·gradient − constant − x̂·normalized`.
typedef struct {
    const float *gradient, *constant, *normalized;
} gradient_factors;

INLINE void batch_norm_pool_gradient_pixel(
    const float *gradient, const float *x, float *result, long channels, vector_norm norm,
    gradient_factors factors, int kind, float slope
) {
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) {
        float normalized = (x[c] - norm.mean[c]) * norm.inverse_deviation[c];
        float before = norm.scale[c] * normalized + norm.shift[c];
        float inner = gradient[c] * slope_at_input(before, kind, slope);
        result[c] = factors.gradient[c] * inner
            - (factors.constant[c] + normalized * factors.normalized[c]);
    }
}

INLINE void batch_norm_pool_gradient_image(
    const float *spread, const float *x, float *result, const vector_average_pool_shape *shape,
    vector_norm norm, gradient_factors factors, float *sum, int kind, float slope
) {
    const long channels = shape->channels;
    for (long iy = 0; iy < shape->height; iy++) {
        const span rows = windows_holding(iy, shape->window_rows, shape->height);
        for (long ix = 0; ix < shape->width; ix++, x += channels, result += channels) {
            const span columns = windows_holding(ix, shape->window_columns, shape->width);
            const float *gradient =
                spread + (rows.start * shape->window_columns + columns.start) * channels;
            if (rows.end - rows.start > 1 || columns.end - columns.start > 1) {
                sum_windows(spread, shape, iy, ix, sum);
                gradient = sum;
            }
            batch_norm_pool_gradient_pixel(gradient, x, result, channels, norm, factors, kind, slope);
        }
    }
}

TARGET_CLONES void vector_batch_norm_pool_gradient(
    const float *pooled_gradient, const float *x, float *result, long images,
    const vector_average_pool_shape *shape, vector_norm norm, vector_activation activation,
    const float *shift_mean, const float *scale_mean, float *scratch
) {
    const long channels = shape->channels, size = shape->height * shape->width * channels;
    const long windows = shape->window_rows * shape->window_columns;
    float *factor = scratch, *constant = factor + channels, *normalized = constant + channels;
    float *sum = normalized + channels, *spread = sum + channels;
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) {
        factor[c] = norm.scale[c] * norm.inverse_deviation[c];
        constant[c] = factor[c] * shift_mean[c];
        normalized[c] = factor[c] * scale_mean[c];
    }
    const gradient_factors factors = {factor, constant, normalized};
    for (long image = 0; image < images; image++, x += size, result += size) {
        spread_gradient(pooled_gradient, shape, spread);
        if (activation.kind == vector_leaky_relu)
            batch_norm_pool_gradient_image(
                spread, x, result, shape, norm, factors, sum, vector_leaky_relu,
                activation.slope);
        else
            batch_norm_pool_gradient_image(
                spread, x, result, shape, norm, factors, sum, vector_identity, 1);
        pooled_gradient += channels * windows;
    }
}
