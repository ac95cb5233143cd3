// The gradient of a convolution's weights on processors: one work-item is a work-group and computes
// tiles of CHANNELS channels × VECTORS · 16 outputs in registers, from copies of the input and the
// output's gradient in the order of the sums.

// Rows of images [row][width][pixel_stride], from first_row on, to blocks of channels
// [block][row][columns][CHANNELS], zeros beyond the last channel. So the elements that one tile
// of the weights' gradient reads lie together; in the image their strides are powers of two, which
// fall into a few sets of the cache.
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pack_channels(global const float *restrict input, global float *restrict packed,
                   int first_row, int width, int pixel_stride, int channels, int columns)
{
    const int row = get_global_id(0), rows = get_global_size(0);
    input += (size_t)(first_row + row) * width * pixel_stride;
    packed += (size_t)row * columns * CHANNELS;
    for (int channel = 0; channel < channels; channel += CHANNELS) {
        global const float *source = input + channel;
        global float *target = packed;
        const int count = channels - channel;
        for (int x = 0; x < columns; ++x) {
            if (count >= CHANNELS)
                #pragma unroll
                for (int k = 0; k < CHANNELS; ++k) target[k] = source[k];
            else
                for (int k = 0; k < CHANNELS; ++k) target[k] = k < count ? source[k] : 0.0f;
            source += pixel_stride;
            target += CHANNELS;
        }
        packed += (size_t)rows * columns * CHANNELS;
    }
}

#ifdef VECTORS
#define COLUMNS (16 * VECTORS)

// partials[split][tap][c][o] = Σ input[pixel · stride + tap − padding, c] · gradient[pixel, o] over
// the split's rows of images, added to the output if it accumulates. A work-item owns some
// tiles of CHANNELS × COLUMNS and visits all of them for one chunk of rows after the other, so that
// a chunk stays in the cache. Input in blocks, see pack_channels; gradient in panels
// [panel][pixel][COLUMNS], or, if one panel holds all outputs, as it is from gradient_row on.
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void weight_gradient(global const float *restrict input, global const float *restrict gradient,
                     global float *restrict partials, int height, int width, int channels,
                     int output_height, int output_width, int output_channels, int image_rows,
                     int kernel_height, int kernel_width, int stride, int padding,
                     int rows_per_split, int rows_per_chunk, int tiles_per_group,
                     int gradient_row, int accumulates)
{
    const int panels = (output_channels + COLUMNS - 1) / COLUMNS;
    const int blocks = (channels + CHANNELS - 1) / CHANNELS;
    const int taps = kernel_height * kernel_width;
    const int first_tile = get_global_id(0) * tiles_per_group;
    const int last_tile = min(taps * blocks * panels, first_tile + tiles_per_group);
    const int first_row = get_global_id(1) * rows_per_split;
    const int last_row = min(image_rows, first_row + rows_per_split);
    const size_t block_stride = (size_t)(image_rows / output_height) * height * width * CHANNELS;
    const size_t panel_stride = (size_t)image_rows * output_width * COLUMNS;
    gradient += (size_t)gradient_row * output_width * COLUMNS;
    partials += (size_t)get_global_id(1) * taps * channels * output_channels;

    for (int chunk = first_row; chunk < last_row; chunk += rows_per_chunk)
        for (int tile = first_tile; tile < last_tile; ++tile) {
            // A panel stays near while the narrower blocks of all taps pass by.
            const int block = tile % blocks, channel = block * CHANNELS;
            const int tap = tile / blocks % taps;
            const int panel = tile / blocks / taps, first = panel * COLUMNS;
            const int row = tap / kernel_width - padding, column = tap % kernel_width - padding;
            const int left = column < 0 ? (stride - 1 - column) / stride : 0;
            const int last = width - 1 - column;
            const int right = last < 0 ? 0 : min(output_width, last / stride + 1);
            global const float *source =
                input + block * block_stride + (left * stride + column) * CHANNELS;
            global const float *target =
                gradient + panel * panel_stride + left * COLUMNS;

            float16 sum[CHANNELS][VECTORS];
            #pragma unroll
            for (int i = 0; i < CHANNELS; ++i)
                #pragma unroll
                for (int j = 0; j < VECTORS; ++j)
                    sum[i][j] = (float16)(0.0f);

            int image = chunk / output_height, y = chunk % output_height;
            const int end = min(last_row, chunk + rows_per_chunk);
            for (int image_row = chunk; image_row < end; ++image_row) {
                const int v = y * stride + row;
                global const float *x = source + (size_t)(image * height + v) * width * CHANNELS;
                global const float *d = target + (size_t)image_row * output_width * COLUMNS;
                if (++y == output_height) y = 0, image++;
                if (v < 0 || v >= height) continue;
                for (int i = left; i < right; ++i) {
                    float16 value[VECTORS];
                    #pragma unroll
                    for (int j = 0; j < VECTORS; ++j) value[j] = vload16(j, d);
                    #pragma unroll
                    for (int k = 0; k < CHANNELS; ++k) {
                        const float16 factor = x[k];
                        #pragma unroll
                        for (int j = 0; j < VECTORS; ++j)
                            sum[k][j] = fma(factor, value[j], sum[k][j]);
                    }
                    x += stride * CHANNELS;
                    d += COLUMNS;
                }
            }
            // Every chunk is summed by itself, as runs are.
            const int begins = chunk == first_row && !accumulates;
            const int rows = channels - channel, count = output_channels - first;
            global float *result =
                partials + ((size_t)tap * channels + channel) * output_channels + first;
            #pragma unroll
            for (int i = 0; i < CHANNELS; ++i) {
                if (i >= rows) continue;
                #pragma unroll
                for (int j = 0; j < VECTORS; ++j) {
                    if (!begins) sum[i][j] += load(result, 16 * j, count);
                    store(sum[i][j], result, 16 * j, count);
                }
                result += output_channels;
            }
        }
}
#endif
