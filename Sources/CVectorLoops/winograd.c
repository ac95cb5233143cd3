#include "loops.h"

// The transforms of images. Points (0, ±1, ∞) for 2×2 outputs, (0, ±√½, ±√2, ∞) for 4×4: of the
// usual choices these round least. Opposite points share their sums and differences.

enum { lanes = 16, max_side = 6 };

#define ROOT 1.41421356237309505f

/// The same element of several channels.
typedef float vector __attribute__((vector_size(lanes * sizeof(float))));

INLINE void load(vector *x, const float *source, long count) {
    memcpy(x, source, (size_t)count * sizeof *source);
}

INLINE void store(const vector *x, float *destination, long count) {
    memcpy(destination, x, (size_t)count * sizeof *destination);
}

/// A transform of one line: `size` elements on the image's side, or `size` + 2 of an input.
typedef enum { of_input, of_output, of_output_gradient } transform;

INLINE int source_length(transform kind, int size) {
    return kind == of_output_gradient ? size : size + 2;
}

INLINE int result_length(transform kind, int size) { return kind == of_output ? size : size + 2; }

INLINE void transform_line_2(transform kind, const vector *x, vector *y) {
    switch (kind) {
    case of_input:
        y[0] = x[0] - x[2];
        y[1] = x[1] + x[2];
        y[2] = x[2] - x[1];
        y[3] = x[1] - x[3];
        return;
    case of_output:
        y[0] = x[0] + x[1] + x[2];
        y[1] = x[1] - x[2] - x[3];
        return;
    case of_output_gradient:
        y[0] = x[0];
        y[1] = x[0] + x[1];
        y[2] = x[0] - x[1];
        y[3] = -x[1];
        return;
    }
}

INLINE void transform_line_4(transform kind, const vector *x, vector *y) {
    switch (kind) {
    case of_input: {
        vector even = x[4] - 2 * x[2], odd = ROOT / 2 * x[3] - ROOT * x[1];
        vector far_even = x[4] - 0.5f * x[2], far_odd = ROOT * x[3] - ROOT / 2 * x[1];
        y[0] = x[0] - 2.5f * x[2] + x[4];
        y[1] = even + odd;
        y[2] = even - odd;
        y[3] = far_even + far_odd;
        y[4] = far_even - far_odd;
        y[5] = x[1] - 2.5f * x[3] + x[5];
        return;
    }
    case of_output: {
        vector sum = x[1] + x[2], difference = x[1] - x[2];
        vector far_sum = x[3] + x[4], far_difference = x[3] - x[4];
        y[0] = x[0] + sum + far_sum;
        y[1] = ROOT / 2 * difference + ROOT * far_difference;
        y[2] = 0.5f * sum + 2 * far_sum;
        y[3] = ROOT / 4 * difference + 2 * ROOT * far_difference + x[5];
        return;
    }
    case of_output_gradient: {
        vector even = x[0] + 0.5f * x[2], odd = ROOT / 2 * x[1] + ROOT / 4 * x[3];
        vector far_even = x[0] + 2 * x[2], far_odd = ROOT * x[1] + 2 * ROOT * x[3];
        y[0] = x[0];
        y[1] = even + odd;
        y[2] = even - odd;
        y[3] = far_even + far_odd;
        y[4] = far_even - far_odd;
        y[5] = x[3];
        return;
    }
    }
}

INLINE void transform_line(transform kind, int size, const vector *x, vector *y) {
    if (size == 2) transform_line_2(kind, x, y);
    else transform_line_4(kind, x, y);
}

/// The transform of squares along both axes, of `count` channels from `first` on: element `[i, j]`
/// of the squares is a row of channels.
INLINE void transform_squares(
    transform kind, int size, const float *const *source, float *const *result, const float *bias,
    long first, long count
) {
    const int in = source_length(kind, size), out = result_length(kind, size);
    vector x[max_side] = {0}, y[max_side] = {0}, start = {0}, between[max_side][max_side];
    for (int column = 0; column < in; column++) {
        for (int i = 0; i < in; i++) load(&x[i], source[i * in + column] + first, count);
        transform_line(kind, size, x, y);
        for (int i = 0; i < out; i++) between[i][column] = y[i];
    }
    if (bias) load(&start, bias + first, count);
    for (int row = 0; row < out; row++) {
        transform_line(kind, size, between[row], y);
        for (int i = 0; i < out; i++) {
            if (bias) y[i] += start;
            store(&y[i], result[row * out + i] + first, count);
        }
    }
}

/// Over all channels, `lanes` of them at a time.
INLINE void transform_rows(
    transform kind, int size, const float *const *source, float *const *result, const float *bias,
    long channels
) {
    long c = 0;
    for (; c + lanes <= channels; c += lanes)
        transform_squares(kind, size, source, result, bias, c, lanes);
    if (c < channels) transform_squares(kind, size, source, result, bias, c, channels - c);
}

/// The corner of a tile's outputs in its image, and the image.
typedef struct {
    long image, row, column;
} corner;

INLINE corner corner_of(long tile, const vector_winograd_tiles *tiles) {
    long line = tile / tiles->tile_columns;
    return (corner){
        line / tiles->tile_rows, line % tiles->tile_rows * tiles->size,
        tile % tiles->tile_columns * tiles->size};
}

/// The offset of the pixel `down` and `across` from a tile's corner, or -1 if it is outside.
INLINE long pixel_offset(
    corner at, const vector_winograd_tiles *tiles, long down, long across, long channels
) {
    const long row = at.row + down, column = at.column + across;
    if (row < 0 || row >= tiles->height || column < 0 || column >= tiles->width) return -1;
    return ((at.image * tiles->height + row) * tiles->width + column) * channels;
}

/// Tiles to points: the input, or with `margin` 0 the output's gradient.
INLINE void transform_tiles(
    transform kind, int size, int margin, const float *images, const vector_winograd_tiles *tiles,
    long channels, long first, long count, const float *zeros, float *transformed,
    long position_stride
) {
    const int side = size + 2, length = source_length(kind, size);
    const float *source[max_side * max_side];
    float *result[max_side * max_side];
    for (long tile = 0; tile < count; tile++) {
        const corner at = corner_of(first + tile, tiles);
        for (int i = 0; i < length * length; i++) {
            const long offset = pixel_offset(
                at, tiles, i / length - margin, i % length - margin, channels);
            source[i] = offset < 0 ? zeros : images + offset;
        }
        for (int i = 0; i < side * side; i++)
            result[i] = transformed + i * position_stride + tile * channels;
        transform_rows(kind, size, source, result, 0, channels);
    }
}

TARGET_CLONES void vector_winograd_input(
    const float *images, const vector_winograd_tiles *tiles, long channels, long first, long count,
    const float *zeros, float *transformed, long position_stride
) {
    if (tiles->size == 2)
        transform_tiles(
            of_input, 2, 1, images, tiles, channels, first, count, zeros, transformed,
            position_stride);
    else
        transform_tiles(
            of_input, 4, 1, images, tiles, channels, first, count, zeros, transformed,
            position_stride);
}

TARGET_CLONES void vector_winograd_output_gradient(
    const float *gradient, const vector_winograd_tiles *tiles, long channels, long first,
    long count, const float *zeros, float *transformed, long position_stride
) {
    if (tiles->size == 2)
        transform_tiles(
            of_output_gradient, 2, 0, gradient, tiles, channels, first, count, zeros, transformed,
            position_stride);
    else
        transform_tiles(
            of_output_gradient, 4, 0, gradient, tiles, channels, first, count, zeros, transformed,
            position_stride);
}

INLINE void output_tiles(
    int size, const float *transformed, long position_stride, const vector_winograd_tiles *tiles,
    long channels, long first, long count, const float *bias, float *discard, float *images
) {
    const int side = size + 2;
    const float *source[max_side * max_side];
    float *result[max_side * max_side];
    for (long tile = 0; tile < count; tile++) {
        const corner at = corner_of(first + tile, tiles);
        for (int i = 0; i < side * side; i++)
            source[i] = transformed + i * position_stride + tile * channels;
        for (int i = 0; i < size * size; i++) {
            const long offset = pixel_offset(at, tiles, i / size, i % size, channels);
            result[i] = offset < 0 ? discard : images + offset;
        }
        transform_rows(of_output, size, source, result, bias, channels);
    }
}

TARGET_CLONES void vector_winograd_output(
    const float *transformed, long position_stride, const vector_winograd_tiles *tiles, long channels,
    long first, long count, const float *bias, float *discard, float *images
) {
    if (tiles->size == 2)
        output_tiles(
            2, transformed, position_stride, tiles, channels, first, count, bias, discard, images);
    else
        output_tiles(
            4, transformed, position_stride, tiles, channels, first, count, bias, discard, images);
}
