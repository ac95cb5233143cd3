#pragma once

/// A max pool of one image: `channels` innermost, windows apart.
typedef struct {
    long height, width, channels, window, stride, output_height, output_width;
} vector_max_pool_shape;

/// Rows and columns of one image and the size of the grid of adaptive windows over it.
typedef struct {
    long height, width, channels, window_rows, window_columns;
} vector_average_pool_shape;

/// The maxima of `images` images.
void vector_max_pool(
    const float *x, float *y, long images, const vector_max_pool_shape *shape);

/// Every window's gradient to its first largest element, 0 elsewhere.
void vector_max_pool_gradient(
    const float *gradient, const float *x, float *result, long images,
    const vector_max_pool_shape *shape);

/// The means of all windows, `[channel, row, column]`. `scratch`: `channels` floats.
void vector_average_pool(
    const float *x, float *y, long images, const vector_average_pool_shape *shape,
    float *scratch);

/// The gradient of `vector_average_pool`. `scratch`: `windows · channels` floats.
void vector_average_pool_gradient(
    const float *gradient, float *result, long images,
    const vector_average_pool_shape *shape, float *scratch);
