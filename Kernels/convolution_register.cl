// Convolution on processors: one work-item is a work-group and computes tiles of PIXELS output
// pixels × VECTORS · 16 output channels in registers. Images are [n, h, w, c].
// Weights come as panels [panel][tap][channel][COLUMNS], see pack_weights.

#define COLUMNS (16 * VECTORS)
#define LONGEST_RUN 64

// Weights [tap][rows][columns] to panels, zeros beyond the last column; transposed: channels and
// outputs change places and the taps run backwards, as the input's gradient wants it.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pack_weights(__global const float *restrict weights, __global float *restrict panels,
                  int rows, int columns, int isTransposed) {
    const int panel = get_global_id(0), tap = get_global_id(1), taps = get_global_size(1);
    const int depth = isTransposed ? columns : rows, width = isTransposed ? rows : columns;
    const int first = panel * COLUMNS;
    __global float *target = panels + ((size_t)panel * taps + tap) * depth * COLUMNS;
    if (isTransposed) {
        weights += ((size_t)(taps - 1 - tap) * rows + first) * columns;
        for (int k = 0; k < depth; k++)
            for (int j = 0; j < COLUMNS; j++)
                target[k * COLUMNS + j] =
                    first + j < width ? weights[(size_t)j * columns + k] : 0.0f;
    } else {
        weights += (size_t)tap * rows * columns + first;
        for (int k = 0; k < depth; k++)
            for (int j = 0; j < VECTORS; j++)
                vstore16(load(weights + (size_t)k * columns, 16 * j, width - first), j,
                         target + k * COLUMNS);
    }
}

// The image with `padding` rows and columns of zeros around it: [n, h + 2p, w + 2p, c].
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pad_image(__global const float *restrict input, __global float *restrict output,
               int height, int width, int channels, int padding) {
    const int y = (int)get_global_id(0) - padding, image = get_global_id(1);
    const int margin = padding * channels, row = width * channels;
    output += ((size_t)image * (height + 2 * padding) + get_global_id(0)) * (row + 2 * margin);
    input += ((size_t)image * height + y) * row;
    const int isInside = y >= 0 && y < height;
    for (int i = 0; i < margin; i++) output[i] = output[margin + row + i] = 0.0f;
    for (int i = 0; i < row; i++) output[margin + i] = isInside ? input[i] : 0.0f;
}

#ifdef PIXELS
// output[pixel, o] = bias[o]
//     + Σ_tap,c input[pixel · stride + tap − padding, c] · weights[tap, c, o].
// With divisor > 1 the sum runs over the places that the divisor divides: the gradient of a
// strided convolution. A tap outside the image reads `zeros` instead.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void convolve(__global const float *restrict input, __global const float *restrict panels,
              __global const float *restrict bias, __global const float *restrict zeros,
              __global float *restrict output, int height, int width, int pixelStride,
              int channels, int outputHeight, int outputWidth, int outputChannels, int pixels,
              int kernelHeight, int kernelWidth, int stride, int divisor, int paddingY,
              int paddingX, int tilesPerGroup) {
    const int first = get_global_id(0) * COLUMNS;
    panels += (size_t)first * kernelHeight * kernelWidth * channels;
    const int tiles = (pixels + PIXELS - 1) / PIXELS;
    const int start = get_global_id(1) * tilesPerGroup;
    const int end = min(tiles, start + tilesPerGroup);

    float16 offset[VECTORS];
    #pragma unroll
    for (int j = 0; j < VECTORS; j++)
        offset[j] = load(bias, first + 16 * j, outputChannels);

    for (int tile = start; tile < end; tile++) {
        const int pixel = tile * PIXELS;
        int x = pixel % outputWidth, y = pixel / outputWidth % outputHeight;
        int image = pixel / outputWidth / outputHeight;
        int left[PIXELS], top[PIXELS];
        __global const float *base[PIXELS];
        #pragma unroll
        for (int i = 0; i < PIXELS; i++) {
            left[i] = x * stride - paddingX;
            top[i] = y * stride - paddingY;
            base[i] = input + (size_t)image * height * width * pixelStride;
            if (pixel + i + 1 < pixels && ++x == outputWidth) {
                x = 0;
                if (++y == outputHeight) y = 0, image++;
            }
        }
        float16 sum[PIXELS][VECTORS], total[PIXELS][VECTORS];
        #pragma unroll
        for (int i = 0; i < PIXELS; i++)
            #pragma unroll
            for (int j = 0; j < VECTORS; j++) total[i][j] = (float16)(0.0f);

        // Every run of a tap's channels is summed by itself: shorter sums round less.
        for (int row = 0; row < kernelHeight; row++)
            for (int column = 0; column < kernelWidth; column++) {
                __global const float *source[PIXELS];
#if BOUNDED
                int anyInside = 0;
                #pragma unroll
                for (int i = 0; i < PIXELS; i++) {
                    int v = top[i] + row, u = left[i] + column, isInside = 1;
                    if (divisor > 1) {
                        isInside = v % divisor == 0 && u % divisor == 0;
                        v /= divisor;
                        u /= divisor;
                    }
                    isInside &= v >= 0 && v < height && u >= 0 && u < width;
                    anyInside |= isInside;
                    source[i] = isInside ? base[i] + (v * width + u) * pixelStride : zeros;
                }
                if (!anyInside) continue;
#else
                #pragma unroll
                for (int i = 0; i < PIXELS; i++)
                    source[i] = base[i] + ((top[i] + row) * width + left[i] + column) * pixelStride;
#endif
                __global const float *w =
                    panels + (size_t)(row * kernelWidth + column) * channels * COLUMNS;
                for (int run = 0; run < channels; run += LONGEST_RUN) {
                    #pragma unroll
                    for (int i = 0; i < PIXELS; i++)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; j++) sum[i][j] = (float16)(0.0f);
                    const int runEnd = min(channels, run + LONGEST_RUN);
                    for (int c = run; c < runEnd; c++) {
                        float16 weight[VECTORS];
                        #pragma unroll
                        for (int j = 0; j < VECTORS; j++) weight[j] = vload16(j, w);
                        w += COLUMNS;
                        #pragma unroll
                        for (int i = 0; i < PIXELS; i++) {
                            const float16 value = source[i][c];
                            #pragma unroll
                            for (int j = 0; j < VECTORS; j++)
                                sum[i][j] = fma(value, weight[j], sum[i][j]);
                        }
                    }
                    #pragma unroll
                    for (int i = 0; i < PIXELS; i++)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; j++) total[i][j] += sum[i][j];
                }
            }
        #pragma unroll
        for (int i = 0; i < PIXELS; i++)
            if (pixel + i < pixels) {
                __global float *target = output + (size_t)(pixel + i) * outputChannels + first;
                #pragma unroll
                for (int j = 0; j < VECTORS; j++)
                    store(total[i][j] + offset[j], target, 16 * j, outputChannels - first);
            }
    }
}
#endif
