#include "loops.h"

// The transforms of weights, at the points of winograd.c. There are few weights, and an error
// here affects every tile, so they are computed in double and rounded once.

enum { lanes = 8, max_side = 6 };

static const double root = 1.41421356237309505;

/// The same element of several weights.
typedef double vector __attribute__((vector_size(lanes * sizeof(double))));

INLINE void load(vector *x, const float *source, long count) {
    for (long i = 0; i < count; i++) (*x)[i] = source[i];
}

INLINE void store(const vector *x, float *destination, long count) {
    for (long i = 0; i < count; i++) destination[i] = (float)(*x)[i];
}

/// `G` times a line of three taps.
INLINE void transform_line(int size, const vector *x, vector *y) {
    y[0] = x[0];
    if (size == 2) {
        const vector even = 0.5 * (x[0] + x[2]), odd = 0.5 * x[1];
        y[1] = even + odd;
        y[2] = even - odd;
        y[3] = x[2];
    } else {
        const vector even = -2 / 3.0 * x[0] - 1 / 3.0 * x[2], odd = -root / 3 * x[1];
        const vector far_even = 1 / 6.0 * x[0] + 1 / 3.0 * x[2], far_odd = root / 6 * x[1];
        y[1] = even + odd;
        y[2] = even - odd;
        y[3] = far_even + far_odd;
        y[4] = far_even - far_odd;
        y[5] = x[2];
    }
}

/// `Gᵀ` times a line of points.
INLINE void transform_line_back(int size, const vector *x, vector *y) {
    const vector sum = x[1] + x[2], difference = x[1] - x[2];
    if (size == 2) {
        y[0] = x[0] + 0.5 * sum;
        y[1] = 0.5 * difference;
        y[2] = 0.5 * sum + x[3];
    } else {
        const vector far_sum = x[3] + x[4], far_difference = x[3] - x[4];
        y[0] = x[0] - 2 / 3.0 * sum + 1 / 6.0 * far_sum;
        y[1] = root / 6 * far_difference - root / 3 * difference;
        y[2] = 1 / 3.0 * (far_sum - sum) + x[5];
    }
}

/// The transform of 3×3 taps along both axes, or back, of `count` weights from `first` on.
INLINE void transform_squares(
    int size, int is_back, const float *const *source, float *const *result, long first, long count
) {
    const int in = is_back ? size + 2 : 3, out = is_back ? 3 : size + 2;
    vector x[max_side] = {0}, y[max_side] = {0}, between[max_side][max_side];
    for (int column = 0; column < in; column++) {
        for (int i = 0; i < in; i++) load(&x[i], source[i * in + column] + first, count);
        if (is_back) transform_line_back(size, x, y);
        else transform_line(size, x, y);
        for (int i = 0; i < out; i++) between[i][column] = y[i];
    }
    for (int row = 0; row < out; row++) {
        if (is_back) transform_line_back(size, between[row], y);
        else transform_line(size, between[row], y);
        for (int i = 0; i < out; i++) store(&y[i], result[row * out + i] + first, count);
    }
}

INLINE void transform_all(
    int size, int is_back, const float *const *source, float *const *result, long count
) {
    long i = 0;
    for (; i + lanes <= count; i += lanes)
        transform_squares(size, is_back, source, result, i, lanes);
    if (i < count) transform_squares(size, is_back, source, result, i, count - i);
}

TARGET_CLONES void vector_winograd_weights(
    const float *weights, long area, long size, int is_flipped, long first, long count,
    float *transformed, long position_stride
) {
    const long side = size + 2;
    const float *source[9];
    float *result[max_side * max_side];
    for (int tap = 0; tap < 9; tap++)
        source[tap] = weights + (is_flipped ? 8 - tap : tap) * area + first;
    for (int i = 0; i < side * side; i++) result[i] = transformed + i * position_stride + first;
    if (size == 2) transform_all(2, 0, source, result, count);
    else transform_all(4, 0, source, result, count);
}

TARGET_CLONES void vector_winograd_weight_gradient(
    const float *transformed, long position_stride, long area, long size, long first, long count,
    float *weight_gradient
) {
    const long side = size + 2;
    const float *source[max_side * max_side];
    float *result[9];
    for (int i = 0; i < side * side; i++) source[i] = transformed + i * position_stride + first;
    for (int tap = 0; tap < 9; tap++) result[tap] = weight_gradient + tap * area + first;
    if (size == 2) transform_all(2, 1, source, result, count);
    else transform_all(4, 1, source, result, count);
}
