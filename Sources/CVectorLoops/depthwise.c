#include "loops.h"

// Every channel by itself: a pixel is a sum over taps of a row of channels times a row of weights.

enum { max_taps = 9 };

/// `y = Σ_taps source · weight (+ start)` over `count` taps, a constant once it is inlined.
INLINE void sum_taps(
    const float *const *sources, const float *const *weights, int count, const float *start,
    float *y, long channels
) {
    VECTORIZE_CHANNELS
    for (long c = 0; c < channels; c++) {
        float sum = start ? start[c] : 0;
        for (int tap = 0; tap < count; tap++) sum += sources[tap][c] * weights[tap][c];
        y[c] = sum;
    }
}

/// Taps in batches that the compiler unrolls: inside an image, at its edges, at its corners.
INLINE void add_taps(
    const float *const *sources, const float *const *weights, int count, const float *start,
    float *y, long channels
) {
    switch (count) {
    case 9: sum_taps(sources, weights, 9, start, y, channels); break;
    case 6: sum_taps(sources, weights, 6, start, y, channels); break;
    case 4: sum_taps(sources, weights, 4, start, y, channels); break;
    default:
        sum_taps(sources, weights, 0, start, y, channels);
        for (int tap = 0; tap < count; tap++)
            sum_taps(sources + tap, weights + tap, 1, y, y, channels);
    }
}

TARGET_CLONES void vector_depthwise(
    const float *input, const float *weights, const float *bias, float *output, long images,
    const vector_convolution_shape *shape
) {
    const long channels = shape->input_channels, line = shape->width * channels;
    const float *sources[max_taps], *factors[max_taps];
    for (long image = 0; image < images; image++, input += shape->height * line) {
        for (long oy = 0; oy < shape->output_height; oy++) {
            for (long ox = 0; ox < shape->output_width; ox++, output += channels) {
                const float *start = bias;
                int count = 0;
                for (long ky = 0; ky < shape->kernel_height; ky++) {
                    const long y = oy * shape->stride - shape->padding + ky;
                    if (y < 0 || y >= shape->height) continue;
                    for (long kx = 0; kx < shape->kernel_width; kx++) {
                        const long x = ox * shape->stride - shape->padding + kx;
                        if (x < 0 || x >= shape->width) continue;
                        if (count == max_taps) {
                            add_taps(sources, factors, count, start, output, channels);
                            start = output;
                            count = 0;
                        }
                        sources[count] = input + y * line + x * channels;
                        factors[count++] = weights + (ky * shape->kernel_width + kx) * channels;
                    }
                }
                add_taps(sources, factors, count, start, output, channels);
            }
        }
    }
}

TARGET_CLONES void vector_depthwise_input_gradient(
    const float *output_gradient, const float *weights, float *input_gradient, long images,
    const vector_convolution_shape *shape
) {
    const long channels = shape->input_channels, line = shape->output_width * channels;
    const float *sources[max_taps], *factors[max_taps];
    for (long image = 0; image < images; image++) {
        for (long y = 0; y < shape->height; y++) {
            for (long x = 0; x < shape->width; x++, input_gradient += channels) {
                const float *start = 0;
                int count = 0;
                for (long ky = 0; ky < shape->kernel_height; ky++) {
                    const long down = y + shape->padding - ky, oy = down / shape->stride;
                    if (down < 0 || down % shape->stride || oy >= shape->output_height) continue;
                    for (long kx = 0; kx < shape->kernel_width; kx++) {
                        const long across = x + shape->padding - kx, ox = across / shape->stride;
                        if (across < 0 || across % shape->stride || ox >= shape->output_width)
                            continue;
                        if (count == max_taps) {
                            add_taps(sources, factors, count, start, input_gradient, channels);
                            start = input_gradient;
                            count = 0;
                        }
                        sources[count] = output_gradient + oy * line + ox * channels;
                        factors[count++] = weights + (ky * shape->kernel_width + kx) * channels;
                    }
                }
                add_taps(sources, factors, count, start, input_gradient, channels);
            }
        }
        output_gradient += shape->output_height * line;
    }
}

TARGET_CLONES void vector_depthwise_weight_gradient(
    const float *input, const float *output_gradient, float *weight_gradient, long images,
    const vector_convolution_shape *shape, float *scratch
) {
    const long channels = shape->input_channels, line = shape->width * channels;
    const long taps = shape->kernel_height * shape->kernel_width;
    for (long image = 0; image < images; image++, input += shape->height * line) {
        // An image's own sum first: short sums lose less than one long one.
        memset(scratch, 0, (size_t)(taps * channels) * sizeof *scratch);
        for (long oy = 0; oy < shape->output_height; oy++) {
            for (long tap = 0; tap < taps; tap++) {
                const long y = oy * shape->stride - shape->padding + tap / shape->kernel_width;
                if (y < 0 || y >= shape->height) continue;
                float *sum = scratch + tap * channels;
                for (long ox = 0; ox < shape->output_width; ox++) {
                    const long x =
                        ox * shape->stride - shape->padding + tap % shape->kernel_width;
                    if (x < 0 || x >= shape->width) continue;
                    const float *source = input + y * line + x * channels;
                    const float *gradient = output_gradient + ox * channels;
                    VECTORIZE_CHANNELS
                    for (long c = 0; c < channels; c++) sum[c] += source[c] * gradient[c];
                }
            }
            output_gradient += shape->output_width * channels;
        }
        VECTORIZE_CHANNELS
        for (long i = 0; i < taps * channels; i++) weight_gradient[i] += scratch[i];
    }
}
