// The fused passes of a block that is trained by a local loss: batch norm, activation and pools.

// Writes the largest activation of every 2×2 pixels of an image whose last one is the window's own.
static void max_pool_window(Window window, global const float *image, Norm norm, float slope,
                            global float *output, int c, int channels, int width)
{
    Window pool = {0, 0, window.own_top / 2, window.bottom / 2, window.own_left / 2,
                   window.right / 2};
    if (pool.left == pool.right)
        return;
    FOR_WINDOW_PIXELS(pool, y, x) {
        floatv best = -INFINITY;
        #pragma unroll
        for (int k = 0; k < 4; ++k) {
            const size_t pixel = (size_t)(2 * y + k / 2) * width + 2 * x + k % 2;
            const floatv normalized
                = normalized_value(norm, load(image + pixel * channels, c, channels));
            const floatv value
                = activation_value(fma(normalized, norm.scale, norm.shift), slope);
            best = value > best || value != value ? value : best;
        }
        store(best, output + ((size_t)y * (width / 2) + x) * channels, c, channels);
    }
}

// One pass over z: writes the activation, or its largest elements of every 2×2, its pooled form, and
// Σ s and Σ s·x̂ of every window, with s the activation's slope and x̂ the normalised z. A max pool
// loads z a second time, from the cache. Rows of work are windows, whose pixels a group sums;
// `window_sums` is [2, rows, channels].
kernel void batch_norm_pool(global const float *input, NORM_PARAMETERS, global float *output,
                            global float *pooled, global float *window_sums, const int rows,
                            const int channels, const int item_rows, const int height,
                            const int width, const int size, const int max_pools,
                            const float slope, local floatv *buffer)
{
    const int first = get_group_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        const Window window = window_of(row, height, width, size);
        const size_t image = (size_t)window.image * height * width * channels;
        const size_t halved = (size_t)window.image * (height / 2) * (width / 2) * channels;
        global float *sample = pooled + (size_t)window.image * channels * size * size;
        FOR_CHANNELS(c, channels) {
            floatv slope_sum = 0.0f, normalized_sum = 0.0f;
            if (c < channels) {
                const Norm norm = NORM(c);
                FOR_WINDOW_PIXELS(window, y, x) {
                    const size_t start = image + ((size_t)y * width + x) * channels;
                    const floatv normalized
                        = normalized_value(norm, load(input + start, c, channels));
                    const floatv value = fma(normalized, norm.scale, norm.shift);
                    const floatv s = activation_slope(value, slope);
                    slope_sum += s;
                    normalized_sum = fma(s, normalized, normalized_sum);
                    if (!max_pools && y >= window.own_top && x >= window.own_left)
                        store(s * value, output + start, c, channels);
                }
                if (max_pools)
                    max_pool_window(window, input + image, norm, slope, output + halved, c,
                                    channels, width);
            }
            slope_sum = column_sum(slope_sum, buffer);
            normalized_sum = column_sum(normalized_sum, buffer);
            if (c < channels && get_local_id(1) == 0) {
                const floatv sum = fma(load(scale, c, channels), normalized_sum,
                                       load(shift, c, channels) * slope_sum);
                store_strided(sum / window_area(window), sample + window.index, c, channels,
                              size * size);
                store(slope_sum, window_sums + (size_t)row * channels, c, channels);
                store(normalized_sum, window_sums + ((size_t)rows + row) * channels, c, channels);
            }
        }
    }
}

// The gradient of a window's every pixel, [batch, size, size, channels]; with those and the
// window sums, the two batch norm gradients of every group's windows: `partial` is
// [2, groups, channels].
kernel void window_gradient_sums(global const float *pooled_gradient,
                                 global const float *window_sums, global float *gradients,
                                 global float *partial, const int rows, const int channels,
                                 const int item_rows, const int height, const int width,
                                 const int size, local floatv *buffer)
{
    global float *shift_row = partial + (size_t)get_group_id(1) * channels;
    global float *scale_row = shift_row + (size_t)get_num_groups(1) * channels;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    FOR_ROW_BLOCKS(block, first) {
        const int block_end = min(end, block + ROW_BLOCK);
        FOR_CHANNELS(c, channels) {
            floatv shift_sum = 0.0f, scale_sum = 0.0f;
            if (c < channels)
                for (int row = block; row < block_end; ++row) {
                    const Window window = window_of(row, height, width, size);
                    global const float *sample
                        = pooled_gradient + (size_t)window.image * channels * size * size;
                    const floatv g
                        = load_strided(sample + window.index, c, channels, size * size)
                        / window_area(window);
                    const size_t start = (size_t)row * channels;
                    store(g, gradients + start, c, channels);
                    shift_sum = fma(g, load(window_sums + start, c, channels), shift_sum);
                    scale_sum = fma(
                        g, load(window_sums + (size_t)rows * channels + start, c, channels),
                        scale_sum);
                }
            shift_sum = column_sum(shift_sum, buffer);
            scale_sum = column_sum(scale_sum, buffer);
            if (c < channels && get_local_id(1) == 0) {
                accumulate(shift_sum, shift_row, c, channels, block == first);
                accumulate(scale_sum, scale_row, c, channels, block == first);
            }
        }
    }
}

// The second and last pass over z; may overwrite it.
kernel void batch_norm_pool_gradient(global const float *input, NORM_PARAMETERS,
                            global const float *gradients, global const float *scale_gradient,
                            global const float *shift_gradient, global float *input_gradient,
                            const int rows, const int channels, const int item_rows,
                            const int height, const int width, const int size,
                            const float slope)
{
    const float share = 1.0f / rows;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    Pixel pixel = pixel_at(first, height, width, size);
    for (int row = first; row < end; ++row) {
        const size_t start = (size_t)row * channels;
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            const Norm norm = NORM(c);
            const floatv normalized = normalized_value(norm, load(input + start, c, channels));
            const floatv g = gradient_at(pixel, gradients, size, c, channels)
                * activation_slope(fma(normalized, norm.scale, norm.shift), slope);
            store(norm_gradient(norm, normalized, g, load(scale_gradient, c, channels) * share,
                                load(shift_gradient, c, channels) * share),
                  input_gradient + start, c, channels);
        }
        pixel = pixel_after(pixel, row, height, width, size);
    }
}
