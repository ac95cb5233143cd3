// The windows of an adaptive average pool, as its gradient and the fused passes walk them.
#pragma once

#include "loops.h"

/// The part of an axis of `length` elements that window `index` of `count` covers.
typedef struct {
    long start, end;
} span;

INLINE span window_span(long index, long count, long length) {
    return (span){index * length / count, ((index + 1) * length + count - 1) / count};
}

/// The windows that hold `position`.
INLINE span windows_holding(long position, long count, long length) {
    return (span){position * count / length, ((position + 1) * count + length - 1) / length};
}

INLINE float window_area(const vector_average_pool_shape *shape, long window) {
    span rows = window_span(window / shape->window_columns, shape->window_rows, shape->height);
    span columns =
        window_span(window % shape->window_columns, shape->window_columns, shape->width);
    return (float)((rows.end - rows.start) * (columns.end - columns.start));
}

/// The pooled gradient of one image, divided by the areas, as `[window, channel]`.
INLINE void spread_gradient(
    const float *gradient, const vector_average_pool_shape *shape, float *spread
) {
    const long channels = shape->channels, windows = shape->window_rows * shape->window_columns;
    for (long window = 0; window < windows; window++) {
        const float area = window_area(shape, window);
        for (long c = 0; c < channels; c++)
            spread[window * channels + c] = gradient[c * windows + window] / area;
    }
}

/// The sum of `spread` over the windows that hold a pixel.
INLINE void sum_windows(
    const float *spread, const vector_average_pool_shape *shape, long y, long x, float *sum
) {
    const long channels = shape->channels;
    span rows = windows_holding(y, shape->window_rows, shape->height);
    span columns = windows_holding(x, shape->window_columns, shape->width);
    const float *first = spread + (rows.start * shape->window_columns + columns.start) * channels;
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) sum[c] = first[c];
    for (long row = rows.start; row < rows.end; row++) {
        for (long column = columns.start; column < columns.end; column++) {
            const float *window = spread + (row * shape->window_columns + column) * channels;
            if (window == first) continue;
            VECTORIZE_CHANNELS
            for (long c = 0; c < channels; c++) sum[c] += window[c];
        }
    }
}
