// Convolution on GPUs as an implicit matrix product by tiles in local memory, which gathers the
// image while it fetches. Images are [n, h, w, c], weights [tap][c][o].

#ifdef THREADS
// One quad of consecutive (tap, channel) columns of the image seen as a matrix whose rows are
// output pixels; `base` is the pixel's image, (top, left) its first tap.
inline float4 gather(global const float *base, int top, int left, int index, int end,
                     int height, int width, int channels, int kernel_width, int divisor)
{
    float values[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    // With whole quads one look serves all four.
    for (int i = 0; i < (ALIGNED ? 1 : 4) && index + i < end; ++i) {
        const int tap = (index + i) / channels, channel = (index + i) % channels;
        int y = top + tap / kernel_width, x = left + tap % kernel_width;
        int is_inside = y >= 0 && x >= 0 && y % divisor == 0 && x % divisor == 0;
        y /= divisor;
        x /= divisor;
        is_inside = is_inside && y < height && x < width;
        if (!is_inside) continue;
        global const float *source = base + ((size_t)y * width + x) * channels + channel;
#if ALIGNED
        return *(global const float4 *)source;
#else
        values[i] = source[0];
#endif
    }
    return (float4)(values[0], values[1], values[2], values[3]);
}

// output[pixel, o] = bias[o]
//     + Σ_tap,c input[pixel · stride + tap − padding, c] · weights[tap, c, o];
// with divisor > 1 over the positions that it divides: the gradient of a strided convolution.
kernel __attribute__((reqd_work_group_size(THREADS, THREADS, 1)))
void convolve(global const float *restrict input, global const float *restrict weights,
              global const float *restrict bias, global float *restrict output, int height,
              int width, int channels, int output_height, int output_width, int columns,
              int rows, int kernel_height, int kernel_width, int stride, int divisor,
              int padding_y, int padding_x)
{
    local float4 a[DEPTH][PITCH], b[DEPTH][PITCH];
    const Tile tile = tile_of_group(columns);
    if (tile.row >= rows) return;
    const int from = 0, to = kernel_height * kernel_width * channels;

    const int ak = tile.quad % DEPTH, am = tile.quad / DEPTH;
    const int bk = tile.quad / TILE, bn = tile.quad % TILE;
    const int pixel = tile.row + am;
    const int left = pixel % output_width * stride - padding_x;
    const int top = pixel / output_width % output_height * stride - padding_y;
    global const float *base =
        input + (size_t)(pixel / output_width / output_height) * height * width * channels;

    float4 sum[ITEM][QUADS];
    clear(sum);

    float4 next_a = (float4)(0.0f), next_b = (float4)(0.0f);
    for (int slab = from - DEPTH; slab < to; slab += DEPTH) {
        if (slab >= from) {
            store_down(next_a, (local float *)a[ak] + am);
            b[bk][bn / 4] = next_b;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        // The next slab is on its way while this one is multiplied.
        const int next = slab + DEPTH;
        if (next < to) {
            next_a = gather(base, top, left, next + ak, pixel < rows ? to : 0, height, width,
                            channels, kernel_width, divisor);
            next_b = load_quad(weights + (size_t)(next + bk) * columns + tile.column + bn,
                               next + bk < to ? columns - tile.column - bn : 0);
        }
        if (slab >= from) multiply_slab(a, b, tile, sum);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    store_tile(tile, sum, bias, output, rows, columns, 0);
}

// partials[split][tap][c][o] = Σ input[pixel · stride + tap − padding, c] · gradient[pixel, o] over
// the split's pixels.
kernel __attribute__((reqd_work_group_size(THREADS, THREADS, 1)))
void weight_gradient(global const float *restrict input, global const float *restrict gradient,
                     global const float *restrict bias, global float *restrict output,
                     int height, int width, int channels, int output_height, int output_width,
                     int columns, int rows, int pixels, int kernel_width, int stride,
                     int padding, int pixels_per_split)
{
    local float4 a[DEPTH][PITCH], b[DEPTH][PITCH];
    const Tile tile = tile_of_group(columns);
    if (tile.row >= rows) return;
    const int from = get_global_id(2) * pixels_per_split, to = min(pixels, from + pixels_per_split);
    output += (size_t)get_global_id(2) * rows * columns;

    const int k = tile.quad / TILE, m = tile.quad % TILE;
    float4 sum[ITEM][QUADS];
    clear(sum);

    float4 next_a = (float4)(0.0f), next_b = (float4)(0.0f);
    for (int slab = from - DEPTH; slab < to; slab += DEPTH) {
        if (slab >= from) {
            a[k][m / 4] = next_a;
            b[k][m / 4] = next_b;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        const int pixel = slab + DEPTH + k;
        if (slab + DEPTH < to) {
            const int left = pixel % output_width * stride - padding;
            const int top = pixel / output_width % output_height * stride - padding;
            global const float *base =
                input + (size_t)(pixel / output_width / output_height) * height * width * channels;
            next_a = gather(base, top, left, tile.row + m, pixel < to ? rows : 0, height, width,
                            channels, kernel_width, 1);
            next_b = load_quad(gradient + (size_t)pixel * columns + tile.column + m,
                               pixel < to ? columns - tile.column - m : 0);
        }
        if (slab >= from) multiply_slab(a, b, tile, sum);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    store_tile(tile, sum, bias, output, rows, columns, 0);
}
#endif

// Weights [tap][c][o] to [tap′][o][c] with the taps flipped, as the input's gradient wants them.
kernel void flip_weights(global const float *restrict weights, global float *restrict flipped,
                           int taps, int channels, int outputs)
{
    const int items = get_global_size(0), count = taps * channels * outputs;
    for (int i = get_global_id(0); i < count; i += items) {
        const int channel = i % channels, output = i / channels % outputs;
        const int tap = taps - 1 - i / channels / outputs;
        flipped[i] = weights[((size_t)tap * channels + channel) * outputs + output];
    }
}
