// Maps over every element, and sums over rows.

kernel void fill(global float *output, const int count, const int run, const float value)
{
    FOR_ELEMENTS(i, count, run)
        store((floatv)value, output, i, count);
}

kernel void activate(global const float *input, global float *output, const int count,
                     const int run, const float slope)
{
    FOR_ELEMENTS(i, count, run)
        store(activation_value(load(input, i, count), slope), output, i, count);
}

// From the activation's output, whose sign is its input's.
kernel void activation_gradient(global const float *output_gradient, global const float *output,
                                global float *input_gradient, const int count, const int run,
                                const float slope)
{
    FOR_ELEMENTS(i, count, run) {
        const floatv y = load(output, i, count);
#ifdef TANH
        const floatv factor = 1.0f - y * y;
#else
        const floatv factor = activation_slope(y, slope);
#endif
        store(load(output_gradient, i, count) * factor, input_gradient, i, count);
    }
}

kernel void scale(global const float *source, global float *destination, const int count,
                  const int run, const float alpha)
{
    FOR_ELEMENTS(i, count, run)
        store(alpha * load(source, i, count), destination, i, count);
}

kernel void scale_add(global const float *source, global float *destination, const int count,
                      const int run, const float alpha, const float beta)
{
    FOR_ELEMENTS(i, count, run) {
        const floatv kept = beta * load(destination, i, count);
        store(fma((floatv)alpha, load(source, i, count), kept), destination, i, count);
    }
}

// With beta 0 the destination is not read here and below: it may hold NaN.
kernel void multiply_add(global const float *left, global const float *right,
                         global float *destination, const int count, const int run,
                         const float alpha, const float beta)
{
    FOR_ELEMENTS(i, count, run) {
        floatv kept = 0.0f;
        if (beta != 0.0f)
            kept = beta * load(destination, i, count);
        store(fma(alpha * load(left, i, count), load(right, i, count), kept), destination, i,
              count);
    }
}

kernel void divide_add(global const float *numerator, global const float *denominator,
                       global float *destination, const int count, const int run,
                       const float alpha, const float epsilon, const float beta)
{
    FOR_ELEMENTS(i, count, run) {
        floatv kept = 0.0f;
        if (beta != 0.0f)
            kept = beta * load(destination, i, count);
        const floatv quotient
            = load(numerator, i, count) / (load_padded(denominator, i, count, 1.0f) + epsilon);
        store(fma((floatv)alpha, quotient, kept), destination, i, count);
    }
}

kernel void square_root(global const float *input, global float *output, const int count,
                        const int run)
{
    FOR_ELEMENTS(i, count, run)
        store(sqrt(load(input, i, count)), output, i, count);
}

kernel void signum(global const float *input, global float *output, const int count,
                   const int run)
{
    FOR_ELEMENTS(i, count, run) {
        const floatv x = load(input, i, count);
        const floatv not_above = x < 0.0f ? (floatv)-1.0f : x;
        store(x > 0.0f ? (floatv)1.0f : not_above, output, i, count);
    }
}

// The sum of every channel over the rows of each group, into row `group` of `output`.
kernel void sum_rows(global const float *input, global float *output, const int rows,
                     const int channels, const int item_rows, local floatv *buffer)
{
    global float *sums = output + (size_t)get_group_id(1) * channels;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    FOR_ROW_BLOCKS(block, first) {
        const int block_end = min(end, block + ROW_BLOCK);
        FOR_CHANNELS(c, channels) {
            floatv sum = 0.0f;
            if (c < channels)
                for (int row = block; row < block_end; ++row)
                    sum += load(input + (size_t)row * channels, c, channels);
            sum = column_sum(sum, buffer);
            if (c < channels && get_local_id(1) == 0)
                accumulate(sum, sums, c, channels, block == first);
        }
    }
}

// Every row's elements times those of `factors`, column by column.
kernel void scale_columns(global const float *input, global const float *factors,
                          global float *output, const int count, const int run,
                          const int channels)
{
    FOR_SINGLE_ELEMENTS(i, count, run)
        output[i] = input[i] * factors[i % channels];
}

// The sum over the rows of the products of two matrices' elements: one item a column.
kernel void sum_row_products(global const float *left, global const float *right,
                             global float *output, const int count, const int run,
                             const int rows)
{
    FOR_SINGLE_ELEMENTS(c, count, run) {
        float sum = 0.0f;
        for (int row = 0; row < rows; ++row)
            sum = fma(left[(size_t)row * count + c], right[(size_t)row * count + c], sum);
        output[c] = sum;
    }
}

// SplitMix64 of `key`, as RandomSource has it: element i is dropped if its top 24 bits, as a
// fraction, are below `probability`.
kernel void dropout(global const float *input, global float *output, const int count,
                    const int run, const int key_high, const int key_low,
                    const float probability, const float factor)
{
    const ulong key = (ulong)(uint)key_high << 32 | (uint)key_low;
    FOR_SINGLE_ELEMENTS(i, count, run) {
        ulong z = key + ((ulong)i + 1) * 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        z = z ^ (z >> 31);
        const float uniform = (float)(uint)(z >> 40) * 0x1p-24f;
        output[i] = uniform < probability ? 0.0f : input[i] * factor;
    }
}

// Two such sums over the rows of the two halves of `partial`, [2, rows, channels].
kernel void sum_row_pairs(global const float *partial, global float *first,
                          global float *second, const int rows, const int channels,
                          const int item_rows, local floatv *buffer)
{
    global const float *second_half = partial + (size_t)rows * channels;
    FOR_CHANNELS(c, channels) {
        floatv first_sum = 0.0f, second_sum = 0.0f;
        if (c < channels)
            for (int row = get_local_id(1); row < rows; row += get_local_size(1)) {
                first_sum += load(partial + (size_t)row * channels, c, channels);
                second_sum += load(second_half + (size_t)row * channels, c, channels);
            }
        first_sum = column_sum(first_sum, buffer);
        second_sum = column_sum(second_sum, buffer);
        if (c < channels && get_local_id(1) == 0) {
            store(first_sum, first, c, channels);
            store(second_sum, second, c, channels);
        }
    }
}
