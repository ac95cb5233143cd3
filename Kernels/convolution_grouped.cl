// Convolution whose channels fall into groups. Images are [n, h, w, c], weights [tap][c][o] with
// the c of one group. Depthwise: a work-item owns LANES neighbouring channels of one row of the
// output; anything between is plain, one element after the other.

#if LANES == 16
typedef float16 Lanes;
#define load_lanes vload16
#define store_lanes vstore16
#else
typedef float4 Lanes;
#define load_lanes vload4
#define store_lanes vstore4
#endif

inline Lanes load_some(__global const float *source, int count) {
    if (WHOLE || count >= LANES) return load_lanes(0, source);
    float values[LANES];
    for (int i = 0; i < LANES; i++) values[i] = i < count ? source[i] : 0.0f;
    return load_lanes(0, values);
}

inline void store_some(Lanes value, __global float *target, int count) {
    if (WHOLE || count >= LANES) {
        store_lanes(value, 0, target);
        return;
    }
    float values[LANES];
    store_lanes(value, 0, values);
    for (int i = 0; i < count; i++) target[i] = values[i];
}

#ifdef KERNEL_HEIGHT
// Where the stride divides `position`, the place it came from; else, and outside, −1.
inline int place(int position, int divisor, int extent) {
#if DIVIDES
    if (position < 0 || position % divisor != 0) return -1;
    position /= divisor;
#endif
    return position < extent ? position : -1;
}

// output[y, x, c] = bias[c] + Σ_tap input[y · stride + row − padding, …, c] · weights[tap, c].
// isBackward: the gradient of that; the taps run backwards over the places that the divisor
// divides (DIVIDES: it is not 1). WHOLE: channels are whole vectors.
__kernel void depthwise(__global const float *restrict input,
                        __global const float *restrict weights,
                        __global const float *restrict bias, __global float *restrict output,
                        int height, int width, int channels, int outputHeight, int outputWidth,
                        int rows, int stride, int divisor, int paddingY, int paddingX,
                        int isBackward) {
    const int channel = get_global_id(0) * LANES, count = channels - channel;
    if (count <= 0) return;
    const int taps = KERNEL_HEIGHT * KERNEL_WIDTH;
    const Lanes initial = load_some(bias + channel, count);
    Lanes weight[KERNEL_HEIGHT * KERNEL_WIDTH];
    #pragma unroll
    for (int tap = 0; tap < taps; tap++)
        weight[tap] =
            load_some(weights + (isBackward ? taps - 1 - tap : tap) * channels + channel, count);

    for (int i = get_global_id(1); i < rows; i += get_global_size(1)) {
        const int top = i % outputHeight * stride - paddingY;
        __global const float *image =
            input + (size_t)(i / outputHeight) * height * width * channels + channel;
        __global float *target = output + (size_t)i * outputWidth * channels + channel;
        for (int x = 0; x < outputWidth; x++) {
            const int left = x * stride - paddingX;
            const int isInterior = !DIVIDES && left >= 0 && left + KERNEL_WIDTH <= width;
            Lanes sum = initial;
            #pragma unroll
            for (int row = 0; row < KERNEL_HEIGHT; row++) {
                const int v = place(top + row, divisor, height);
                if (v < 0) continue;
                __global const float *source = image + (size_t)v * width * channels;
                #pragma unroll
                for (int column = 0; column < KERNEL_WIDTH; column++) {
                    const int u = isInterior ? left + column : place(left + column, divisor, width);
                    if (isInterior || u >= 0)
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
__kernel void depthwise_weight_gradient(
    __global const float *restrict input, __global const float *restrict gradient,
    __global float *restrict partials, int height, int width, int channels, int outputHeight,
    int outputWidth, int rows, int stride, int padding, int rowsPerSplit) {
    const int channel = get_global_id(0) * LANES, count = channels - channel;
    if (count <= 0) return;
    const int split = get_global_id(1), last = min(rows, (split + 1) * rowsPerSplit);
    Lanes sum[KERNEL_HEIGHT * KERNEL_WIDTH];
    #pragma unroll
    for (int tap = 0; tap < KERNEL_HEIGHT * KERNEL_WIDTH; tap++) sum[tap] = (Lanes)(0.0f);

    for (int i = split * rowsPerSplit; i < last; i++) {
        const int top = i % outputHeight * stride - padding;
        __global const float *image =
            input + (size_t)(i / outputHeight) * height * width * channels + channel;
        __global const float *d = gradient + (size_t)i * outputWidth * channels + channel;
        for (int x = 0; x < outputWidth; x++) {
            const int left = x * stride - padding;
            const int isInterior = left >= 0 && left + KERNEL_WIDTH <= width;
            const Lanes factor = load_some(d + x * channels, count);
            #pragma unroll
            for (int row = 0; row < KERNEL_HEIGHT; row++) {
                const int v = top + row;
                if (v < 0 || v >= height) continue;
                __global const float *source = image + ((size_t)v * width + left) * channels;
                #pragma unroll
                for (int column = 0; column < KERNEL_WIDTH; column++)
                    if (isInterior || (left + column >= 0 && left + column < width))
                        sum[row * KERNEL_WIDTH + column] =
                            fma(load_some(source + column * channels, count), factor,
                                sum[row * KERNEL_WIDTH + column]);
            }
        }
    }
    #pragma unroll
    for (int tap = 0; tap < KERNEL_HEIGHT * KERNEL_WIDTH; tap++)
        store_some(sum[tap],
                   partials + ((size_t)split * KERNEL_HEIGHT * KERNEL_WIDTH + tap) * channels
                       + channel,
                   count);
}
#endif

// One element of the output a turn; c and o are the channels of one group.
__kernel void convolve(__global const float *restrict input, __global const float *restrict weights,
                       __global const float *restrict bias, __global float *restrict output,
                       int height, int width, int outputHeight, int outputWidth, int pixels,
                       int groups, int channels, int outputs, int kernelHeight, int kernelWidth,
                       int stride, int padding) {
    const int o = get_global_id(0), columns = groups * outputs, group = o / outputs;
    if (o >= columns) return;
    for (int pixel = get_global_id(1); pixel < pixels; pixel += get_global_size(1)) {
        const int left = pixel % outputWidth * stride - padding;
        const int top = pixel / outputWidth % outputHeight * stride - padding;
        const int image = pixel / outputWidth / outputHeight;
        float sum = bias[o];
        for (int tap = 0; tap < kernelHeight * kernelWidth; tap++) {
            const int y = top + tap / kernelWidth, x = left + tap % kernelWidth;
            if (y < 0 || y >= height || x < 0 || x >= width) continue;
            __global const float *source =
                input + (((size_t)image * height + y) * width + x) * groups * channels
                + group * channels;
            for (int c = 0; c < channels; c++)
                sum = fma(source[c], weights[((size_t)tap * channels + c) * columns + o], sum);
        }
        output[(size_t)pixel * columns + o] = sum;
    }
}

// The gradient of the input, gathered: one element a turn.
__kernel void input_gradient(__global const float *restrict gradient,
                             __global const float *restrict weights,
                             __global float *restrict output, int height, int width,
                             int outputHeight, int outputWidth, int pixels, int groups,
                             int channels, int outputs, int kernelHeight, int kernelWidth,
                             int stride, int padding) {
    const int c = get_global_id(0), group = c / channels, columns = groups * outputs;
    if (c >= groups * channels) return;
    for (int pixel = get_global_id(1); pixel < pixels; pixel += get_global_size(1)) {
        const int image = pixel / width / height;
        float sum = 0.0f;
        for (int tap = 0; tap < kernelHeight * kernelWidth; tap++) {
            const int y = pixel / width % height + padding - tap / kernelWidth;
            const int x = pixel % width + padding - tap % kernelWidth;
            if (y < 0 || x < 0 || y % stride != 0 || x % stride != 0) continue;
            if (y / stride >= outputHeight || x / stride >= outputWidth) continue;
            __global const float *d =
                gradient
                + (((size_t)image * outputHeight + y / stride) * outputWidth + x / stride) * columns
                + group * outputs;
            __global const float *w =
                weights + ((size_t)tap * channels + c % channels) * columns + group * outputs;
            for (int o = 0; o < outputs; o++) sum = fma(d[o], w[o], sum);
        }
        output[(size_t)pixel * groups * channels + c] = sum;
    }
}

// partials[split][tap][c][o] over the split's pixels: one element a work-item.
__kernel void weight_gradient(__global const float *restrict input,
                              __global const float *restrict gradient,
                              __global float *restrict partials, int height, int width,
                              int outputHeight, int outputWidth, int pixels, int groups,
                              int channels, int outputs, int kernelWidth, int stride, int padding,
                              int pixelsPerSplit, int taps) {
    const int o = get_global_id(0), columns = groups * outputs;
    const int row = get_global_id(1), split = get_global_id(2);
    if (o >= columns) return;
    const int tap = row / channels, channel = o / outputs * channels + row % channels;
    const int last = min(pixels, (split + 1) * pixelsPerSplit);
    float sum = 0.0f;
    for (int pixel = split * pixelsPerSplit; pixel < last; pixel++) {
        const int x = pixel % outputWidth * stride + tap % kernelWidth - padding;
        const int y = pixel / outputWidth % outputHeight * stride + tap / kernelWidth - padding;
        if (y < 0 || y >= height || x < 0 || x >= width) continue;
        const int image = pixel / outputWidth / outputHeight;
        sum = fma(input[(((size_t)image * height + y) * width + x) * groups * channels + channel],
                  gradient[(size_t)pixel * columns + o], sum);
    }
    partials[((size_t)split * taps * channels + row) * columns + o] = sum;
}
