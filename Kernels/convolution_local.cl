// Convolution on GPUs as an implicit matrix product: a group of THREADS × THREADS work-items
// computes a TILE × TILE block through local memory, ITEM × ITEM elements each, and gathers the
// image while it fetches. Images are [n, h, w, c], weights [tap][c][o].

#ifdef THREADS
#define TILE (THREADS * ITEM)
#define DEPTH (4 * THREADS / ITEM)
#define QUADS (ITEM / 4)

inline float4 load_quad(__global const float *source, int count) {
#if ALIGNED
    if (count >= 4) return *(__global const float4 *)source;
#endif
    float4 quad = (float4)(0.0f);
    if (count > 0) quad.s0 = source[0];
    if (count > 1) quad.s1 = source[1];
    if (count > 2) quad.s2 = source[2];
    if (count > 3) quad.s3 = source[3];
    return quad;
}

inline void store_quad(float4 quad, __global float *target, int count) {
#if ALIGNED
    if (count >= 4) {
        *(__global float4 *)target = quad;
        return;
    }
#endif
    if (count > 0) target[0] = quad.s0;
    if (count > 1) target[1] = quad.s1;
    if (count > 2) target[2] = quad.s2;
    if (count > 3) target[3] = quad.s3;
}

// total += a · b over one slab of local memory, which is summed by itself: shorter runs round less.
inline void multiply_slab(__local float4 (*a)[TILE / 4 + 1], __local float4 (*b)[TILE / 4 + 1],
                          int lx, int ly, float4 (*total)[QUADS]) {
    float4 sum[ITEM][QUADS];
    #pragma unroll
    for (int i = 0; i < ITEM; i++)
        #pragma unroll
        for (int q = 0; q < QUADS; q++) sum[i][q] = (float4)(0.0f);
    #pragma unroll
    for (int k = 0; k < DEPTH; k++) {
        float4 value[QUADS];
        #pragma unroll
        for (int q = 0; q < QUADS; q++) value[q] = b[k][q * THREADS + lx];
        #pragma unroll
        for (int i = 0; i < QUADS; i++) {
            const float4 factor = a[k][i * THREADS + ly];
            #pragma unroll
            for (int q = 0; q < QUADS; q++) {
                sum[4 * i][q] = fma((float4)(factor.s0), value[q], sum[4 * i][q]);
                sum[4 * i + 1][q] = fma((float4)(factor.s1), value[q], sum[4 * i + 1][q]);
                sum[4 * i + 2][q] = fma((float4)(factor.s2), value[q], sum[4 * i + 2][q]);
                sum[4 * i + 3][q] = fma((float4)(factor.s3), value[q], sum[4 * i + 3][q]);
            }
        }
    }
    #pragma unroll
    for (int i = 0; i < ITEM; i++)
        #pragma unroll
        for (int q = 0; q < QUADS; q++) total[i][q] += sum[i][q];
}

// One quad of consecutive (tap, channel) columns of the image seen as a matrix whose rows are
// output pixels; `base` is the pixel's image, (top, left) its first tap.
inline float4 gather(__global const float *base, int top, int left, int index, int end, int height,
                     int width, int channels, int kernelWidth, int divisor) {
    float values[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    // With whole quads one look serves all four.
    for (int i = 0; i < (ALIGNED ? 1 : 4) && index + i < end; i++) {
        const int tap = (index + i) / channels, channel = (index + i) % channels;
        int y = top + tap / kernelWidth, x = left + tap % kernelWidth;
        int isInside = y >= 0 && x >= 0 && y % divisor == 0 && x % divisor == 0;
        y /= divisor;
        x /= divisor;
        isInside = isInside && y < height && x < width;
        if (!isInside) continue;
        __global const float *source = base + ((size_t)y * width + x) * channels + channel;
#if ALIGNED
        return *(__global const float4 *)source;
#else
        values[i] = source[0];
#endif
    }
    return (float4)(values[0], values[1], values[2], values[3]);
}

// output[pixel, o] = bias[o]
//     + Σ_tap,c input[pixel · stride + tap − padding, c] · weights[tap, c, o];
// with divisor > 1 over the places that the divisor divides: a strided convolution's gradient.
__kernel __attribute__((reqd_work_group_size(THREADS, THREADS, 1)))
void convolve(__global const float *restrict input, __global const float *restrict weights,
              __global const float *restrict bias, __global float *restrict output, int height,
              int width, int channels, int outputHeight, int outputWidth, int columns, int rows,
              int kernelHeight, int kernelWidth, int stride, int divisor, int paddingY,
              int paddingX) {
    __local float4 a[DEPTH][TILE / 4 + 1], b[DEPTH][TILE / 4 + 1];
    const int lx = get_local_id(0), ly = get_local_id(1), quad = 4 * (ly * THREADS + lx);
    const int columnTiles = (columns + TILE - 1) / TILE;
    const int tile = get_group_id(1) * get_num_groups(0) + get_group_id(0);
    const int firstRow = tile / columnTiles * TILE, firstColumn = tile % columnTiles * TILE;
    if (firstRow >= rows) return;
    const int from = 0, to = kernelHeight * kernelWidth * channels;

    const int ak = quad % DEPTH, am = quad / DEPTH, bk = quad / TILE, bn = quad % TILE;
    const int pixel = firstRow + am;
    const int left = pixel % outputWidth * stride - paddingX;
    const int top = pixel / outputWidth % outputHeight * stride - paddingY;
    __global const float *base =
        input + (size_t)(pixel / outputWidth / outputHeight) * height * width * channels;
    __local float *pa = (__local float *)a + ak * (TILE + 4) + am;

    float4 sum[ITEM][QUADS];
    #pragma unroll
    for (int i = 0; i < ITEM; i++)
        #pragma unroll
        for (int q = 0; q < QUADS; q++) sum[i][q] = (float4)(0.0f);

    float4 nextA = (float4)(0.0f), nextB = (float4)(0.0f);
    for (int slab = from - DEPTH; slab < to; slab += DEPTH) {
        if (slab >= from) {
            pa[0] = nextA.s0;
            pa[TILE + 4] = nextA.s1;
            pa[2 * (TILE + 4)] = nextA.s2;
            pa[3 * (TILE + 4)] = nextA.s3;
            b[bk][bn / 4] = nextB;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        // The next slab is on its way while this one is multiplied.
        const int next = slab + DEPTH;
        if (next < to) {
            nextA = gather(base, top, left, next + ak, pixel < rows ? to : 0, height, width,
                           channels, kernelWidth, divisor);
            nextB = load_quad(weights + (size_t)(next + bk) * columns + firstColumn + bn,
                              next + bk < to ? columns - firstColumn - bn : 0);
        }
        if (slab >= from) multiply_slab(a, b, lx, ly, sum);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    #pragma unroll
    for (int q = 0; q < QUADS; q++) {
        const int column = firstColumn + (q * THREADS + lx) * 4;
        const float4 initial = load_quad(bias + column, columns - column);
        #pragma unroll
        for (int i = 0; i < ITEM; i++) {
            const int row = firstRow + (i / 4 * THREADS + ly) * 4 + i % 4;
            if (row < rows)
                store_quad(sum[i][q] + initial, output + (size_t)row * columns + column,
                           columns - column);
        }
    }
}

// partials[split][tap][c][o] = Σ input[pixel · stride + tap − padding, c] · gradient[pixel, o] over
// the split's pixels.
__kernel __attribute__((reqd_work_group_size(THREADS, THREADS, 1)))
void weight_gradient(__global const float *restrict input, __global const float *restrict gradient,
                     __global const float *restrict bias, __global float *restrict output,
                     int height, int width, int channels, int outputHeight, int outputWidth,
                     int columns, int rows, int pixels, int kernelWidth, int stride, int padding,
                     int pixelsPerSplit) {
    __local float4 a[DEPTH][TILE / 4 + 1], b[DEPTH][TILE / 4 + 1];
    const int lx = get_local_id(0), ly = get_local_id(1), quad = 4 * (ly * THREADS + lx);
    const int columnTiles = (columns + TILE - 1) / TILE;
    const int tile = get_group_id(1) * get_num_groups(0) + get_group_id(0);
    const int firstRow = tile / columnTiles * TILE, firstColumn = tile % columnTiles * TILE;
    if (firstRow >= rows) return;
    const int from = get_global_id(2) * pixelsPerSplit, to = min(pixels, from + pixelsPerSplit);
    output += (size_t)get_global_id(2) * rows * columns;

    const int k = quad / TILE, m = quad % TILE;
    float4 sum[ITEM][QUADS];
    #pragma unroll
    for (int i = 0; i < ITEM; i++)
        #pragma unroll
        for (int q = 0; q < QUADS; q++) sum[i][q] = (float4)(0.0f);

    float4 nextA = (float4)(0.0f), nextB = (float4)(0.0f);
    for (int slab = from - DEPTH; slab < to; slab += DEPTH) {
        if (slab >= from) {
            a[k][m / 4] = nextA;
            b[k][m / 4] = nextB;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        const int pixel = slab + DEPTH + k;
        if (slab + DEPTH < to) {
            const int left = pixel % outputWidth * stride - padding;
            const int top = pixel / outputWidth % outputHeight * stride - padding;
            __global const float *base =
                input + (size_t)(pixel / outputWidth / outputHeight) * height * width * channels;
            nextA = gather(base, top, left, firstRow + m, pixel < to ? rows : 0, height, width,
                           channels, kernelWidth, 1);
            nextB = load_quad(gradient + (size_t)pixel * columns + firstColumn + m,
                              pixel < to ? columns - firstColumn - m : 0);
        }
        if (slab >= from) multiply_slab(a, b, lx, ly, sum);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    #pragma unroll
    for (int q = 0; q < QUADS; q++) {
        const int column = firstColumn + (q * THREADS + lx) * 4;
        const float4 initial = load_quad(bias + column, columns - column);
        #pragma unroll
        for (int i = 0; i < ITEM; i++) {
            const int row = firstRow + (i / 4 * THREADS + ly) * 4 + i % 4;
            if (row < rows)
                store_quad(sum[i][q] + initial, output + (size_t)row * columns + column,
                           columns - column);
        }
    }
}
#endif

// Weights [tap][c][o] to [tap′][o][c] with the taps backwards, as the input's gradient wants them.
__kernel void rotate_weights(__global const float *restrict weights,
                             __global float *restrict rotated, int taps, int channels,
                             int outputs) {
    const int items = get_global_size(0), count = taps * channels * outputs;
    for (int i = get_global_id(0); i < count; i += items) {
        const int channel = i % channels, output = i / channels % outputs;
        const int tap = taps - 1 - i / channels / outputs;
        rotated[i] = weights[((size_t)tap * channels + channel) * outputs + output];
    }
}
