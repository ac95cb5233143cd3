// Convolution on processors: one work-item is a work-group and computes tiles of PIXELS output
// pixels × VECTORS · 16 output channels in registers. Images are [n, h, w, c].
// Weights come as panels [panel][tap][channel][COLUMNS], see pack_weights.

#define COLUMNS (16 * VECTORS)
#define LONGEST_RUN 64

// Weights [tap][rows][columns] to panels, zeros beyond the last column. With `flipped` channels and
// outputs are exchanged and the taps flipped, as the input's gradient wants them.
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pack_weights(global const float *restrict weights, global float *restrict panels, int rows,
                  int columns, int flipped)
{
    const int panel = get_global_id(0), tap = get_global_id(1), taps = get_global_size(1);
    const int depth = flipped ? columns : rows, width = flipped ? rows : columns;
    const int first = panel * COLUMNS;
    global float *target = panels + ((size_t)panel * taps + tap) * depth * COLUMNS;
    if (flipped) {
        weights += ((size_t)(taps - 1 - tap) * rows + first) * columns;
        for (int k = 0; k < depth; ++k)
            for (int j = 0; j < COLUMNS; ++j)
                target[k * COLUMNS + j] =
                    first + j < width ? weights[(size_t)j * columns + k] : 0.0f;
    } else {
        weights += (size_t)tap * rows * columns + first;
        for (int k = 0; k < depth; ++k)
            for (int j = 0; j < VECTORS; ++j)
                vstore16(load(weights + (size_t)k * columns, 16 * j, width - first), j,
                         target + k * COLUMNS);
    }
}

// The image with `padding` rows and columns of zeros around it: [n, h + 2p, w + 2p, c].
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pad_image(global const float *restrict input, global float *restrict output, int height,
               int width, int channels, int padding)
{
    const int y = (int)get_global_id(0) - padding, image = get_global_id(1);
    const int margin = padding * channels, row = width * channels;
    output += ((size_t)image * (height + 2 * padding) + get_global_id(0)) * (row + 2 * margin);
    input += ((size_t)image * height + y) * row;
    const int is_inside = y >= 0 && y < height;
    for (int i = 0; i < margin; ++i) output[i] = output[margin + row + i] = 0.0f;
    for (int i = 0; i < row; ++i) output[margin + i] = is_inside ? input[i] : 0.0f;
}

#ifdef PIXELS
// output[pixel, o] = bias[o]
//     + Σ_tap,c input[pixel · stride + tap − padding, c] · weights[tap, c, o].
// With divisor > 1 the sum runs over the positions that it divides: the gradient of a
// strided convolution. A tap outside the image reads `zeros` instead.
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolve(global const float *restrict input, global const float *restrict panels,
              global const float *restrict bias, global const float *restrict zeros,
              global float *restrict output, int height, int width, int pixel_stride,
              int channels, int output_height, int output_width, int output_channels,
              int pixels, int kernel_height, int kernel_width, int stride, int divisor,
              int padding_y, int padding_x, int tiles_per_group)
{
    const int first = get_global_id(0) * COLUMNS;
    panels += (size_t)first * kernel_height * kernel_width * channels;
    const int tiles = (pixels + PIXELS - 1) / PIXELS;
    const int start = get_global_id(1) * tiles_per_group;
    const int end = min(tiles, start + tiles_per_group);

    float16 offset[VECTORS];
    #pragma unroll
    for (int j = 0; j < VECTORS; ++j)
        offset[j] = load(bias, first + 16 * j, output_channels);

    for (int tile = start; tile < end; ++tile) {
        const int pixel = tile * PIXELS;
        int x = pixel % output_width, y = pixel / output_width % output_height;
        int image = pixel / output_width / output_height;
        int left[PIXELS], top[PIXELS];
        global const float *base[PIXELS];
        #pragma unroll
        for (int i = 0; i < PIXELS; ++i) {
            left[i] = x * stride - padding_x;
            top[i] = y * stride - padding_y;
            base[i] = input + (size_t)image * height * width * pixel_stride;
            if (pixel + i + 1 < pixels && ++x == output_width) {
                x = 0;
                if (++y == output_height) y = 0, image++;
            }
        }
        float16 sum[PIXELS][VECTORS], total[PIXELS][VECTORS];
        #pragma unroll
        for (int i = 0; i < PIXELS; ++i)
            #pragma unroll
            for (int j = 0; j < VECTORS; ++j) total[i][j] = (float16)(0.0f);

        // Every run of a tap's channels is summed by itself: shorter sums round less.
        for (int row = 0; row < kernel_height; ++row)
            for (int column = 0; column < kernel_width; ++column) {
                global const float *source[PIXELS];
#if BOUNDED
                int any_inside = 0;
                #pragma unroll
                for (int i = 0; i < PIXELS; ++i) {
                    int v = top[i] + row, u = left[i] + column, is_inside = 1;
                    if (divisor > 1) {
                        is_inside = v % divisor == 0 && u % divisor == 0;
                        v /= divisor;
                        u /= divisor;
                    }
                    is_inside &= v >= 0 && v < height && u >= 0 && u < width;
                    any_inside |= is_inside;
                    source[i] = is_inside ? base[i] + (v * width + u) * pixel_stride : zeros;
                }
                if (!any_inside) continue;
#else
                #pragma unroll
                for (int i = 0; i < PIXELS; ++i)
                    source[i] = base[i]
                        + ((top[i] + row) * width + left[i] + column) * pixel_stride;
#endif
                global const float *w =
                    panels + (size_t)(row * kernel_width + column) * channels * COLUMNS;
                for (int run = 0; run < channels; run += LONGEST_RUN) {
                    #pragma unroll
                    for (int i = 0; i < PIXELS; ++i)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; ++j) sum[i][j] = (float16)(0.0f);
                    const int run_end = min(channels, run + LONGEST_RUN);
                    for (int c = run; c < run_end; ++c) {
                        float16 weight[VECTORS];
                        #pragma unroll
                        for (int j = 0; j < VECTORS; ++j) weight[j] = vload16(j, w);
                        w += COLUMNS;
                        #pragma unroll
                        for (int i = 0; i < PIXELS; ++i) {
                            const float16 value = source[i][c];
                            #pragma unroll
                            for (int j = 0; j < VECTORS; ++j)
                                sum[i][j] = fma(value, weight[j], sum[i][j]);
                        }
                    }
                    #pragma unroll
                    for (int i = 0; i < PIXELS; ++i)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; ++j) total[i][j] += sum[i][j];
                }
            }
        #pragma unroll
        for (int i = 0; i < PIXELS; ++i)
            if (pixel + i < pixels) {
                global float *target = output + (size_t)(pixel + i) * output_channels + first;
                #pragma unroll
                for (int j = 0; j < VECTORS; ++j)
                    store(total[i][j] + offset[j], target, 16 * j, output_channels - first);
            }
    }
}
#endif
