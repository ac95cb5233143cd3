#include "windows.h"

/// Whether `x` takes the place of the largest element so far. NaN wins, the last one of all.
INLINE int wins(float x, float largest) { return (x > largest) | (x != x); }

TARGET_CLONES void vector_max_pool(
    const float *x, float *y, long images, const vector_max_pool_shape *shape
) {
    const long channels = shape->channels, line = shape->width * channels;
    for (long image = 0; image < images; image++, x += shape->height * line) {
        for (long oy = 0; oy < shape->output_height; oy++) {
            for (long ox = 0; ox < shape->output_width; ox++, y += channels) {
                const float *corner =
                    x + oy * shape->stride * line + ox * shape->stride * channels;
                if (shape->window == 2) {
                    const float *below = corner + line;
                    VECTORIZE_CHANNELS
                    for (long c = 0; c < channels; c++) {
                        float top = wins(corner[c + channels], corner[c])
                            ? corner[c + channels] : corner[c];
                        float bottom = wins(below[c + channels], below[c])
                            ? below[c + channels] : below[c];
                        y[c] = wins(bottom, top) ? bottom : top;
                    }
                    continue;
                }
                for (long tap = 0; tap < shape->window * shape->window; tap++) {
                    const float *pixel = corner + tap / shape->window * line
                        + tap % shape->window * channels;
                    if (tap == 0) {
                        VECTORIZE_CHANNELS
                        for (long c = 0; c < channels; c++) y[c] = pixel[c];
                    } else {
                        VECTORIZE_CHANNELS
                        for (long c = 0; c < channels; c++)
                            y[c] = wins(pixel[c], y[c]) ? pixel[c] : y[c];
                    }
                }
            }
        }
    }
}

/// The gradient of one window of 2×2 to the pixel that wins, without a branch.
INLINE void route_gradient(
    const float *gradient, const float *x, float *result, long line, long channels
) {
    const float *below = x + line;
    float *result_below = result + line;
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) {
        float a = x[c], b = x[c + channels], d = below[c], e = below[c + channels];
        float top = wins(b, a) ? b : a, bottom = wins(e, d) ? e : d;
        float above = wins(bottom, top) ? 0 : gradient[c];
        float under = wins(bottom, top) ? gradient[c] : 0;
        result[c] = wins(b, a) ? 0 : above;
        result[c + channels] = wins(b, a) ? above : 0;
        result_below[c] = wins(e, d) ? 0 : under;
        result_below[c + channels] = wins(e, d) ? under : 0;
    }
}

TARGET_CLONES void vector_max_pool_gradient(
    const float *gradient, const float *x, float *result, long images,
    const vector_max_pool_shape *shape
) {
    const long channels = shape->channels, window = shape->window;
    const long line = shape->width * channels, size = shape->height * line;
    memset(result, 0, (size_t)(images * size) * sizeof *result);
    for (long image = 0; image < images; image++, x += size, result += size) {
        for (long oy = 0; oy < shape->output_height; oy++) {
            for (long ox = 0; ox < shape->output_width; ox++, gradient += channels) {
                const long corner = oy * shape->stride * line + ox * shape->stride * channels;
                if (window == 2) {
                    route_gradient(gradient, x + corner, result + corner, line, channels);
                    continue;
                }
                for (long c = 0; c < channels; c++) {
                    long first = corner + c;
                    for (long tap = 1; tap < window * window; tap++) {
                        long index = corner + c + tap / window * line + tap % window * channels;
                        if (wins(x[index], x[first])) first = index;
                    }
                    result[first] = gradient[c];
                }
            }
        }
    }
}

TARGET_CLONES void vector_average_pool(
    const float *x, float *y, long images, const vector_average_pool_shape *shape,
    float *scratch
) {
    const long channels = shape->channels, line = shape->width * channels;
    const long windows = shape->window_rows * shape->window_columns;
    for (long image = 0; image < images; image++) {
        for (long window = 0; window < windows; window++) {
            const span rows = window_span(
                window / shape->window_columns, shape->window_rows, shape->height);
            const span columns = window_span(
                window % shape->window_columns, shape->window_columns, shape->width);
            VECTORIZE_CHANNELS
            for (long c = 0; c < channels; c++) scratch[c] = 0;
            for (long iy = rows.start; iy < rows.end; iy++) {
                for (long ix = columns.start; ix < columns.end; ix++) {
                    const float *pixel = x + iy * line + ix * channels;
                    VECTORIZE_CHANNELS
                    for (long c = 0; c < channels; c++) scratch[c] += pixel[c];
                }
            }
            const float area = window_area(shape, window);
            for (long c = 0; c < channels; c++) y[c * windows + window] = scratch[c] / area;
        }
        x += shape->height * line;
        y += channels * windows;
    }
}

TARGET_CLONES void vector_average_pool_gradient(
    const float *gradient, float *result, long images,
    const vector_average_pool_shape *shape, float *scratch
) {
    const long channels = shape->channels, line = shape->width * channels;
    const long windows = shape->window_rows * shape->window_columns;
    for (long image = 0; image < images; image++) {
        spread_gradient(gradient, shape, scratch);
        for (long iy = 0; iy < shape->height; iy++) {
            for (long ix = 0; ix < shape->width; ix++)
                sum_windows(
                    scratch, shape, iy, ix, result + iy * line + ix * channels);
        }
        gradient += channels * windows;
        result += shape->height * line;
    }
}
