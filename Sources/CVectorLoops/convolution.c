#include "loops.h"

/// The position of an output pixel in the batch, and so of its input window.
typedef struct {
    long image, row, column;
} pixel;

INLINE pixel pixel_at(long index, const vector_convolution_shape *shape) {
    long line = index / shape->output_width;
    return (pixel){
        line / shape->output_height, line % shape->output_height, index % shape->output_width};
}

INLINE pixel next_pixel(pixel p, const vector_convolution_shape *shape) {
    if (++p.column == shape->output_width) {
        p.column = 0;
        if (++p.row == shape->output_height) {
            p.row = 0;
            p.image++;
        }
    }
    return p;
}

/// The counts of a first layer, whose pixels hold 1 or 3 channels, are known to the compiler.
INLINE void copy_floats(const float *source, float *destination, long count) {
    switch (count) {
    case 3: memcpy(destination, source, 3 * sizeof *source); return;
    case 9: memcpy(destination, source, 9 * sizeof *source); return;
    }
    VECTORIZE_CHANNELS
    for (long i = 0; i < count; i++) destination[i] = source[i];
}

INLINE void clear_floats(float *destination, long count) {
    switch (count) {
    case 3: memset(destination, 0, 3 * sizeof *destination); return;
    case 9: memset(destination, 0, 9 * sizeof *destination); return;
    }
    VECTORIZE_CHANNELS
    for (long i = 0; i < count; i++) destination[i] = 0;
}

TARGET_CLONES void vector_gather_windows(
    const float *input, const vector_convolution_shape *shape, long first, long count,
    long first_channel, long channels, float *rows
) {
    const long line = shape->width * shape->input_channels;
    const long kernel_line = shape->kernel_width * channels;
    pixel p = pixel_at(first, shape);
    for (long i = 0; i < count; i++, p = next_pixel(p, shape)) {
        const float *image = input + p.image * shape->height * line + first_channel;
        const long left = p.column * shape->stride - shape->padding;
        const int is_inside = left >= 0 && left + shape->kernel_width <= shape->width;
        for (long ky = 0; ky < shape->kernel_height; ky++, rows += kernel_line) {
            const long y = p.row * shape->stride - shape->padding + ky;
            if (y < 0 || y >= shape->height) {
                clear_floats(rows, kernel_line);
                continue;
            }
            const float *source = image + y * line + left * shape->input_channels;
            if (is_inside && channels == shape->input_channels) {
                copy_floats(source, rows, kernel_line);
                continue;
            }
            for (long kx = 0; kx < shape->kernel_width; kx++) {
                const long x = left + kx;
                if (x >= 0 && x < shape->width)
                    copy_floats(
                        source + kx * shape->input_channels, rows + kx * channels, channels);
                else
                    clear_floats(rows + kx * channels, channels);
            }
        }
    }
}

TARGET_CLONES void vector_scatter_windows(
    const float *rows, const vector_convolution_shape *shape, long first, long count,
    long first_channel, long channels, float *input
) {
    const long line = shape->width * shape->input_channels;
    pixel p = pixel_at(first, shape);
    for (long i = 0; i < count; i++, p = next_pixel(p, shape)) {
        float *image = input + p.image * shape->height * line + first_channel;
        for (long ky = 0; ky < shape->kernel_height; ky++) {
            const long y = p.row * shape->stride - shape->padding + ky;
            for (long kx = 0; kx < shape->kernel_width; kx++, rows += channels) {
                const long x = p.column * shape->stride - shape->padding + kx;
                if (y < 0 || y >= shape->height || x < 0 || x >= shape->width) continue;
                float *destination = image + y * line + x * shape->input_channels;
                VECTORIZE_CHANNELS
                for (long c = 0; c < channels; c++) destination[c] += rows[c];
            }
        }
    }
}
