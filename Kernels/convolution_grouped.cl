// Convolution whose channels fall into groups. Images are [n, h, w, c], weights [tap][c][o] with
// the c of one group. Depthwise: a work-item owns LANES neighbouring channels of one row of the
// output. Groups of several channels have plain kernels, one element after the other.

#if LANES == 16
typedef float16 Lanes;
#define load_lanes vload16
#define store_lanes vstore16
#else
typedef float4 Lanes;
#define load_lanes vload4
#define store_lanes vstore4
#endif

inline Lanes load_some(global const float *source, int count)
{
    if (WHOLE || count >= LANES) return load_lanes(0, source);
    float values[LANES];
    for (int i = 0; i < LANES; ++i) values[i] = i < count ? source[i] : 0.0f;
    return load_lanes(0, values);
}

inline void store_some(Lanes value, global float *target, int count)
{
    if (WHOLE || count >= LANES) {
        store_lanes(value, 0, target);
        return;
    }
    float values[LANES];
    store_lanes(value, 0, values);
    for (int i = 0; i < count; ++i) target[i] = values[i];
}

#ifdef KERNEL_HEIGHT
// The input position of a tap, which the divisor must divide; −1 if it does not, and outside.
inline int source_position(int position, int divisor, int extent)
{
#if DIVIDES
    if (position < 0 || position % divisor != 0) return -1;
    position /= divisor;
#endif
    return position < extent ? position : -1;
}

// output[y, x, c] = bias[c] + Σ_tap input[y · stride + row − padding, …, c] · weights[tap, c].
// With `flipped` the gradient of that: the taps are flipped, and only positions count that the
// divisor divides (DIVIDES: it is not 1). WHOLE: channels are whole vectors.
kernel void depthwise(global const float *restrict input, global const float *restrict weights,
                      global const float *restrict bias, global float *restrict output,
                      int height, int width, int channels, int output_height, int output_width,
                      int rows, int stride, int divisor, int padding_y, int padding_x,
                      int flipped)
{
    const int channel = get_global_id(0) * LANES, count = channels - channel;
    if (count <= 0) return;
    const int taps = KERNEL_HEIGHT * KERNEL_WIDTH;
    const Lanes initial = load_some(bias + channel, count);
    Lanes weight[KERNEL_HEIGHT * KERNEL_WIDTH];
    #pragma unroll
    for (int tap = 0; tap < taps; ++tap)
        weight[tap] =
            load_some(weights + (flipped ? taps - 1 - tap : tap) * channels + channel, count);

    for (int i = get_global_id(1); i < rows; i += get_global_size(1)) {
        const int top = i % output_height * stride - padding_y;
        global const float *image =
            input + (size_t)(i / output_height) * height * width * channels + channel;
        global float *target = output + (size_t)i * output_width * channels + channel;
        for (int x = 0; x < output_width; ++x) {
            const int left = x * stride - padding_x;
            const int is_interior = !DIVIDES && left >= 0 && left + KERNEL_WIDTH <= width;
            Lanes sum = initial;
            #pragma unroll
            for (int row = 0; row < KERNEL_HEIGHT; ++row) {
                const int v = source_position(top + row, divisor, height);
                if (v < 0) continue;
                global const float *source = image + (size_t)v * width * channels;
                #pragma unroll
                for (int column = 0; column < KERNEL_WIDTH; ++column) {
                    const int u = is_interior ? left + column
                                              : source_position(left + column, divisor, width);
                    if (is_interior || u >= 0)
                        sum = fma(load_some(source + u * channels, count),
                                  weight[row * KERNEL_WIDTH + column], sum);
                }
            }
            store_some(sum, target + x * channels, count);
        }
    }
}

// partials[split][tap][c] = Σ input[pixel · stride + tap − padding, c] · gradient[pixel, c] over
// the split's rows of images.
kernel void depthwise_weight_gradient(global const float *restrict input,
                                      global const float *restrict gradient,
                                      global float *restrict partials, int height, int width,
                                      int channels, int output_height, int output_width,
                                      int rows, int stride, int padding, int rows_per_split)
{
    const int channel = get_global_id(0) * LANES, count = channels - channel;
    if (count <= 0) return;
    const int split = get_global_id(1), last = min(rows, (split + 1) * rows_per_split);
    Lanes sum[KERNEL_HEIGHT * KERNEL_WIDTH];
    #pragma unroll
    for (int tap = 0; tap < KERNEL_HEIGHT * KERNEL_WIDTH; ++tap) sum[tap] = (Lanes)(0.0f);

    for (int i = split * rows_per_split; i < last; ++i) {
        const int top = i % output_height * stride - padding;
        global const float *image =
            input + (size_t)(i / output_height) * height * width * channels + channel;
        global const float *d = gradient + (size_t)i * output_width * channels + channel;
        for (int x = 0; x < output_width; ++x) {
            const int left = x * stride - padding;
            const int is_interior = left >= 0 && left + KERNEL_WIDTH <= width;
            const Lanes factor = load_some(d + x * channels, count);
            #pragma unroll
            for (int row = 0; row < KERNEL_HEIGHT; ++row) {
                const int v = top + row;
                if (v < 0 || v >= height) continue;
                global const float *source = image + ((size_t)v * width + left) * channels;
                #pragma unroll
                for (int column = 0; column < KERNEL_WIDTH; ++column)
                    if (is_interior || (left + column >= 0 && left + column < width))
                        sum[row * KERNEL_WIDTH + column] =
                            fma(load_some(source + column * channels, count), factor,
                                sum[row * KERNEL_WIDTH + column]);
            }
        }
    }
    #pragma unroll
    for (int tap = 0; tap < KERNEL_HEIGHT * KERNEL_WIDTH; ++tap)
        store_some(sum[tap],
                   partials + ((size_t)split * KERNEL_HEIGHT * KERNEL_WIDTH + tap) * channels
                       + channel,
                   count);
}
#endif

// One element of the output after the other; c and o are the channels of one group.
kernel void convolve(global const float *restrict input, global const float *restrict weights,
                     global const float *restrict bias, global float *restrict output,
                     int height, int width, int output_height, int output_width, int pixels,
                     int groups, int channels, int outputs, int kernel_height, int kernel_width,
                     int stride, int padding)
{
    const int o = get_global_id(0), columns = groups * outputs, group = o / outputs;
    if (o >= columns) return;
    for (int pixel = get_global_id(1); pixel < pixels; pixel += get_global_size(1)) {
        const int left = pixel % output_width * stride - padding;
        const int top = pixel / output_width % output_height * stride - padding;
        const int image = pixel / output_width / output_height;
        float sum = bias[o];
        for (int tap = 0; tap < kernel_height * kernel_width; ++tap) {
            const int y = top + tap / kernel_width, x = left + tap % kernel_width;
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            global const float *source =
                input + (((size_t)image * height + y) * width + x) * groups * channels
                + group * channels;
            for (int c = 0; c < channels; ++c)
                sum = fma(source[c], weights[((size_t)tap * channels + c) * columns + o], sum);
        }
        output[(size_t)pixel * columns + o] = sum;
    }
}

// The gradient of the input, gathered: one element after the other.
kernel void input_gradient(global const float *restrict gradient,
                           global const float *restrict weights, global float *restrict output,
                           int height, int width, int output_height, int output_width,
                           int pixels, int groups, int channels, int outputs, int kernel_height,
                           int kernel_width, int stride, int padding)
{
    const int c = get_global_id(0), group = c / channels, columns = groups * outputs;
    if (c >= groups * channels) return;
    for (int pixel = get_global_id(1); pixel < pixels; pixel += get_global_size(1)) {
        const int image = pixel / width / height;
        float sum = 0.0f;
        for (int tap = 0; tap < kernel_height * kernel_width; ++tap) {
            const int y = pixel / width % height + padding - tap / kernel_width;
            const int x = pixel % width + padding - tap % kernel_width;
            if (y < 0 || x < 0 || y % stride != 0 || x % stride != 0) continue;
            if (y / stride >= output_height || x / stride >= output_width) continue;
            global const float *d =
                gradient
                + (((size_t)image * output_height + y / stride) * output_width + x / stride)
                    * columns
                + group * outputs;
            global const float *w =
                weights + ((size_t)tap * channels + c % channels) * columns + group * outputs;
            for (int o = 0; o < outputs; ++o) sum = fma(d[o], w[o], sum);
        }
        output[(size_t)pixel * groups * channels + c] = sum;
    }
}

// partials[split][tap][c][o] over the split's pixels: one element a work-item.
kernel void weight_gradient(global const float *restrict input,
                            global const float *restrict gradient,
                            global float *restrict partials, int height, int width,
                            int output_height, int output_width, int pixels, int groups,
                            int channels, int outputs, int kernel_width, int stride,
                            int padding, int pixels_per_split, int taps)
{
    const int o = get_global_id(0), columns = groups * outputs;
    const int row = get_global_id(1), split = get_global_id(2);
    if (o >= columns) return;
    const int tap = row / channels, channel = o / outputs * channels + row % channels;
    const int last = min(pixels, (split + 1) * pixels_per_split);
    float sum = 0.0f;
    for (int pixel = split * pixels_per_split; pixel < last; ++pixel) {
        const int x = pixel % output_width * stride + tap % kernel_width - padding;
        const int y = pixel / output_width % output_height * stride + tap / kernel_width - padding;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        const int image = pixel / output_width / output_height;
        sum = fma(input[(((size_t)image * height + y) * width + x) * groups * channels + channel],
                  gradient[(size_t)pixel * columns + o], sum);
    }
    partials[((size_t)split * taps * channels + row) * columns + o] = sum;
}
