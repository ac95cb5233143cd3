// The gradient of a convolution's weights on processors: one work-item is a work-group and computes
// tiles of CHANNELS channels × VECTORS · 16 outputs in registers, from copies of the input and the
// output's gradient in the order of the sums.

// Rows of images [row][width][pixelStride], from firstRow on, to blocks of channels
// [block][row][columns][CHANNELS], zeros beyond the last channel: what one tile of the weights'
// gradient reads lies together, where the image's own strides are powers of two and fall into a
// few sets of the cache.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pack_channels(__global const float *restrict input, __global float *restrict packed,
                   int firstRow, int width, int pixelStride, int channels, int columns) {
    const int row = get_global_id(0), rows = get_global_size(0);
    input += (size_t)(firstRow + row) * width * pixelStride;
    packed += (size_t)row * columns * CHANNELS;
    for (int channel = 0; channel < channels; channel += CHANNELS) {
        __global const float *source = input + channel;
        __global float *target = packed;
        const int count = channels - channel;
        for (int x = 0; x < columns; x++) {
            if (count >= CHANNELS)
                #pragma unroll
                for (int k = 0; k < CHANNELS; k++) target[k] = source[k];
            else
                for (int k = 0; k < CHANNELS; k++) target[k] = k < count ? source[k] : 0.0f;
            source += pixelStride;
            target += CHANNELS;
        }
        packed += (size_t)rows * columns * CHANNELS;
    }
}

#ifdef VECTORS
#define COLUMNS (16 * VECTORS)

// partials[split][tap][c][o] = Σ input[pixel · stride + tap − padding, c] · gradient[pixel, o] over
// the split's rows of images, added to what is there where it accumulates. A work-item owns some
// tiles of CHANNELS × COLUMNS and visits all of them for one chunk of rows after the other, so that
// a chunk stays in the cache. Input in blocks, see pack_channels; gradient in panels
// [panel][pixel][COLUMNS], or, where one panel holds all outputs, as it is from gradientRow on.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void weight_gradient(__global const float *restrict input, __global const float *restrict gradient,
                     __global float *restrict partials, int height, int width, int channels,
                     int outputHeight, int outputWidth, int outputChannels, int imageRows,
                     int kernelHeight, int kernelWidth, int stride, int padding, int rowsPerSplit,
                     int rowsPerChunk, int tilesPerGroup, int gradientRow, int accumulates) {
    const int panels = (outputChannels + COLUMNS - 1) / COLUMNS;
    const int blocks = (channels + CHANNELS - 1) / CHANNELS;
    const int taps = kernelHeight * kernelWidth;
    const int firstTile = get_global_id(0) * tilesPerGroup;
    const int lastTile = min(taps * blocks * panels, firstTile + tilesPerGroup);
    const int firstRow = get_global_id(1) * rowsPerSplit;
    const int lastRow = min(imageRows, firstRow + rowsPerSplit);
    const size_t block_stride = (size_t)(imageRows / outputHeight) * height * width * CHANNELS;
    const size_t panel_stride = (size_t)imageRows * outputWidth * COLUMNS;
    gradient += (size_t)gradientRow * outputWidth * COLUMNS;
    partials += (size_t)get_global_id(1) * taps * channels * outputChannels;

    for (int chunk = firstRow; chunk < lastRow; chunk += rowsPerChunk)
        for (int tile = firstTile; tile < lastTile; tile++) {
            // A panel stays near while the narrower blocks of all taps pass by.
            const int block = tile % blocks, channel = block * CHANNELS;
            const int tap = tile / blocks % taps;
            const int panel = tile / blocks / taps, first = panel * COLUMNS;
            const int row = tap / kernelWidth - padding, column = tap % kernelWidth - padding;
            const int left = column < 0 ? (stride - 1 - column) / stride : 0;
            const int last = width - 1 - column;
            const int right = last < 0 ? 0 : min(outputWidth, last / stride + 1);
            __global const float *source =
                input + block * block_stride + (left * stride + column) * CHANNELS;
            __global const float *target =
                gradient + panel * panel_stride + left * COLUMNS;

            float16 sum[CHANNELS][VECTORS];
            #pragma unroll
            for (int i = 0; i < CHANNELS; i++)
                #pragma unroll
                for (int j = 0; j < VECTORS; j++)
                    sum[i][j] = (float16)(0.0f);

            int image = chunk / outputHeight, y = chunk % outputHeight;
            const int end = min(lastRow, chunk + rowsPerChunk);
            for (int imageRow = chunk; imageRow < end; imageRow++) {
                const int v = y * stride + row;
                __global const float *x = source + (size_t)(image * height + v) * width * CHANNELS;
                __global const float *d = target + (size_t)imageRow * outputWidth * COLUMNS;
                if (++y == outputHeight) y = 0, image++;
                if (v < 0 || v >= height) continue;
                for (int i = left; i < right; i++) {
                    float16 value[VECTORS];
                    #pragma unroll
                    for (int j = 0; j < VECTORS; j++) value[j] = vload16(j, d);
                    #pragma unroll
                    for (int k = 0; k < CHANNELS; k++) {
                        const float16 factor = x[k];
                        #pragma unroll
                        for (int j = 0; j < VECTORS; j++)
                            sum[k][j] = fma(factor, value[j], sum[k][j]);
                    }
                    x += stride * CHANNELS;
                    d += COLUMNS;
                }
            }
            // Every chunk is summed by itself, as runs are.
            const int begins = chunk == firstRow && !accumulates;
            const int rows = channels - channel, count = outputChannels - first;
            __global float *place =
                partials + ((size_t)tap * channels + channel) * outputChannels + first;
            #pragma unroll
            for (int i = 0; i < CHANNELS; i++) {
                if (i >= rows) continue;
                #pragma unroll
                for (int j = 0; j < VECTORS; j++) {
                    if (!begins) sum[i][j] += load(place, 16 * j, count);
                    store(sum[i][j], place, 16 * j, count);
                }
                place += outputChannels;
            }
        }
}
#endif
