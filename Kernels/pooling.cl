// Max pools over [batch, height, width, channels] and adaptive average pools.

// A row of work is one window; `down` × `across` of them cover an image.
kernel void max_pool(global const float *input, global float *output, const int rows,
                     const int channels, const int item_rows, const int height, const int width,
                     const int down, const int across, const int window, const int stride)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        const int x = row % across * stride, y = row / across % down * stride;
        const size_t corner = ((size_t)(row / across / down) * height + y) * width + x;
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            floatv best = -INFINITY;
            for (int dy = 0; dy < window; ++dy)
                for (int dx = 0; dx < window; ++dx) {
                    const size_t pixel = corner + dy * width + dx;
                    const floatv value = load(input + pixel * channels, c, channels);
                    best = value > best || value != value ? value : best;
                }
            store(best, output + (size_t)row * channels, c, channels);
        }
    }
}

// Every element is written: the first largest of a window gets its gradient, all others 0. A row
// of work is a square of `stride`, less at the edge: a window, if it is whole, and the gap after.
kernel void max_pool_gradient(global const float *output_gradient, global const float *input,
                              global float *input_gradient, const int rows, const int channels,
                              const int item_rows, const int height, const int width,
                              const int down, const int across, const int window,
                              const int stride)
{
    const int tiles_down = (height + stride - 1) / stride;
    const int tiles_across = (width + stride - 1) / stride;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        const int tile_x = row % tiles_across, tile_y = row / tiles_across % tiles_down;
        const int image = row / tiles_across / tiles_down;
        const bool whole = tile_x < across && tile_y < down;
        const int x = tile_x * stride, y = tile_y * stride;
        const size_t corner = ((size_t)image * height + y) * width + x;
        const size_t source = ((size_t)image * down + tile_y) * across + tile_x;
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            floatv gradient = 0.0f, best = -INFINITY;
            intv winner = 0;
            if (whole) {
                gradient = load(output_gradient + source * channels, c, channels);
                for (int k = 0, dy = 0; dy < window; ++dy)
                    for (int dx = 0; dx < window; ++dx, ++k) {
                        const size_t pixel = corner + dy * width + dx;
                        const floatv value = load(input + pixel * channels, c, channels);
                        const intv larger = value > best || value != value;
                        best = larger ? value : best;
                        winner = larger ? (intv)k : winner;
                    }
            }
            for (int dy = 0; dy < min(stride, height - y); ++dy)
                for (int dx = 0; dx < min(stride, width - x); ++dx) {
                    const int k = dy < window && dx < window ? dy * window + dx : -1;
                    store(winner == k ? gradient : (floatv)0.0f,
                          input_gradient + (corner + dy * width + dx) * channels, c, channels);
                }
        }
    }
}

// Rows of work are windows here, and their pixels are summed by a group.
kernel void average_pool(global const float *input, global float *output, const int rows,
                         const int channels, const int item_rows, const int height,
                         const int width, const int size, local floatv *buffer)
{
    const int first = get_group_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        const Window window = window_of(row, height, width, size);
        global const float *image = input + (size_t)window.image * height * width * channels;
        global float *pooled = output + (size_t)window.image * channels * size * size;
        FOR_CHANNELS(c, channels) {
            floatv sum = 0.0f;
            if (c < channels)
                FOR_WINDOW_PIXELS(window, y, x)
                    sum += load(image + ((size_t)y * width + x) * channels, c, channels);
            sum = column_sum(sum, buffer);
            if (c < channels && get_local_id(1) == 0)
                store_strided(sum / window_area(window), pooled + window.index, c, channels,
                              size * size);
        }
    }
}

// The gradient of a window's every pixel, channels innermost: [batch, size, size, channels].
kernel void window_gradients(global const float *output_gradient, global float *gradients,
                             const int rows, const int channels, const int item_rows,
                             const int height, const int width, const int size)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        const Window window = window_of(row, height, width, size);
        global const float *pooled
            = output_gradient + (size_t)window.image * channels * size * size;
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            const floatv g
                = load_strided(pooled + window.index, c, channels, size * size);
            store(g / window_area(window), gradients + (size_t)row * channels, c, channels);
        }
    }
}

kernel void average_pool_gradient(global const float *gradients, global float *input_gradient,
                                  const int rows, const int channels, const int item_rows,
                                  const int height, const int width, const int size)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    Pixel pixel = pixel_at(first, height, width, size);
    for (int row = first; row < end; ++row) {
        FOR_CHANNELS(c, channels) {
            if (c < channels)
                store(gradient_at(pixel, gradients, size, c, channels),
                      input_gradient + (size_t)row * channels, c, channels);
        }
        pixel = pixel_after(pixel, row, height, width, size);
    }
}

// Adaptive average pools along the features of a [batch, length] matrix, and their gradient.
kernel void average_pool_features(global const float *input, global float *output,
                                  const int count, const int run, const int length,
                                  const int size)
{
    FOR_SINGLE_ELEMENTS(i, count, run) {
        const int sample = i / size, window = i % size;
        const int begin = window * length / size;
        const int end = ((window + 1) * length + size - 1) / size;
        float sum = 0.0f;
        for (int k = begin; k < end; ++k)
            sum += input[(size_t)sample * length + k];
        output[i] = sum / (end - begin);
    }
}

kernel void average_pool_features_gradient(global const float *output_gradient,
                                           global float *input_gradient, const int count,
                                           const int run, const int length, const int size)
{
    FOR_SINGLE_ELEMENTS(i, count, run) {
        const int sample = i / length, position = i % length;
        float sum = 0.0f;
        const int last = ((position + 1) * size + length - 1) / length;
        for (int k = position * size / length; k < last; ++k) {
            const int begin = k * length / size;
            const int end = ((k + 1) * length + size - 1) / size;
            sum += output_gradient[(size_t)sample * size + k] / (end - begin);
        }
        input_gradient[i] = sum;
    }
}
