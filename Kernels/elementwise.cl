// Maps over every element, and sums over rows.

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
