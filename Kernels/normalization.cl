// Batch norm over [rows, channels], and the L2 normalisation of rows.

// Count, mean and Σ(x − mean)² of some rows, merged as Chan, Golub & LeVeque do.
typedef struct {
    float count;
    floatv mean, squares;
} Moments;

static void merge(Moments *into, float count, floatv mean, floatv squares)
{
    const float total = into->count + count;
    const float share = total > 0.0f ? count / total : 0.0f;
    const floatv delta = mean - into->mean;
    into->mean = fma(delta, (floatv)share, into->mean);
    into->squares += fma(delta * delta, (floatv)(into->count * share), squares);
    into->count = total;
}

// The same over the second axis of a group, see column_sum.
static void merge_column(Moments *own, local floatv *means, local floatv *squares,
                         local float *counts)
{
#if !REGISTER
    const int width = get_local_size(0), y = get_local_id(1);
    const int item = y * width + get_local_id(0);
    means[item] = own->mean;
    squares[item] = own->squares;
    counts[item] = own->count;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int span = get_local_size(1) / 2; span > 0; span /= 2) {
        if (y < span) {
            const int other = item + span * width;
            merge(own, counts[other], means[other], squares[other]);
            means[item] = own->mean;
            squares[item] = own->squares;
            counts[item] = own->count;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
#endif
}

// Merges up to eight rows, whose elements are read once.
static void merge_eight(Moments *into, global const float *rows, int count, int channels, int c)
{
    floatv x[8], mean = 0.0f, squares = 0.0f;
    for (int k = 0; k < 8; ++k) {
        x[k] = k < count ? load(rows + (size_t)k * channels, c, channels) : (floatv)0.0f;
        mean += x[k];
    }
    mean *= 1.0f / count;
    for (int k = 0; k < 8; ++k) {
        const floatv delta = k < count ? x[k] - mean : (floatv)0.0f;
        squares = fma(delta, delta, squares);
    }
    merge(into, count, mean, squares);
}

// Means and squares of every group's rows: `partial` is [2, groups, channels].
kernel void batch_moments(global const float *input, global float *partial, const int rows,
                          const int channels, const int item_rows, local floatv *means,
                          local floatv *squares, local float *counts)
{
    global float *mean_row = partial + (size_t)get_group_id(1) * channels;
    global float *squares_row = mean_row + (size_t)get_num_groups(1) * channels;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    FOR_ROW_BLOCKS(block, first) {
        const int block_end = min(end, block + ROW_BLOCK);
        FOR_CHANNELS(c, channels) {
            Moments sum = {0.0f, 0.0f, 0.0f};
#if REGISTER
            if (block > first) {
                sum.count = block - first;
                sum.mean = load(mean_row, c, channels);
                sum.squares = load(squares_row, c, channels);
            }
#endif
            if (c < channels)
                for (int row = block; row < block_end; row += 8)
                    merge_eight(&sum, input + (size_t)row * channels, min(8, block_end - row),
                                channels, c);
            merge_column(&sum, means, squares, counts);
            if (c < channels && get_local_id(1) == 0) {
                store(sum.mean, mean_row, c, channels);
                store(sum.squares, squares_row, c, channels);
            }
        }
    }
}

// The mean and inverse deviation of a batch, from the moments of `groups` groups, each of
// `group_rows` rows but the last; moves the running values.
kernel void batch_statistics(global const float *partial, global float *mean,
                             global float *inverse_deviation, global float *running_mean,
                             global float *running_variance, const int rows, const int channels,
                             const int groups, const int group_rows, const float epsilon,
                             const float momentum, local floatv *means, local floatv *squares,
                             local float *counts)
{
    global const float *partial_squares = partial + (size_t)groups * channels;
    FOR_CHANNELS(c, channels) {
        Moments sum = {0.0f, 0.0f, 0.0f};
        if (c < channels)
            for (int group = get_local_id(1); group < groups; group += get_local_size(1)) {
                const size_t row = (size_t)group * channels;
                merge(&sum, min(group_rows, rows - group * group_rows),
                      load(partial + row, c, channels), load(partial_squares + row, c, channels));
            }
        merge_column(&sum, means, squares, counts);
        if (c < channels && get_local_id(1) == 0) {
            const floatv old_mean = load(running_mean, c, channels);
            const floatv old_variance = load(running_variance, c, channels);
            const floatv unbiased = sum.squares / (float)(rows - 1);
            store(sum.mean, mean, c, channels);
            store(1.0f / sqrt(sum.squares / (float)rows + epsilon), inverse_deviation, c,
                  channels);
            store(fma(sum.mean - old_mean, (floatv)momentum, old_mean), running_mean, c,
                  channels);
            store(fma(unbiased - old_variance, (floatv)momentum, old_variance),
                  running_variance, c, channels);
        }
    }
}

kernel void running_statistics(global const float *running_mean,
                               global const float *running_variance, global float *mean,
                               global float *inverse_deviation, const int count, const int run,
                               const float epsilon)
{
    FOR_ELEMENTS(i, count, run) {
        store(load(running_mean, i, count), mean, i, count);
        store(1.0f / sqrt(load_padded(running_variance, i, count, 1.0f) + epsilon),
              inverse_deviation, i, count);
    }
}

kernel void batch_norm(global const float *input, NORM_PARAMETERS, global float *output,
                       const int rows, const int channels, const int item_rows,
                       const float slope)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        const size_t start = (size_t)row * channels;
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            const Norm norm = NORM(c);
            const floatv normalized = normalized_value(norm, load(input + start, c, channels));
            store(activation_value(fma(normalized, norm.scale, norm.shift), slope),
                  output + start, c, channels);
        }
    }
}

// Σ g·s and Σ g·s·x̂ of every group's rows, with s the activation's slope: `partial` is
// [2, groups, channels].
kernel void batch_norm_sums(global const float *output_gradient, global const float *input,
                            NORM_PARAMETERS, global float *partial, const int rows,
                            const int channels, const int item_rows, const float slope,
                            local floatv *buffer)
{
    global float *shift_row = partial + (size_t)get_group_id(1) * channels;
    global float *scale_row = shift_row + (size_t)get_num_groups(1) * channels;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    FOR_ROW_BLOCKS(block, first) {
        const int block_end = min(end, block + ROW_BLOCK);
        FOR_CHANNELS(c, channels) {
            floatv shift_sum = 0.0f, scale_sum = 0.0f;
            if (c < channels) {
                const Norm norm = NORM(c);
                for (int row = block; row < block_end; ++row) {
                    const size_t start = (size_t)row * channels;
                    const floatv normalized
                        = normalized_value(norm, load(input + start, c, channels));
                    const floatv g = load(output_gradient + start, c, channels)
                        * activation_slope(fma(normalized, norm.scale, norm.shift), slope);
                    shift_sum += g;
                    scale_sum = fma(g, normalized, scale_sum);
                }
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

kernel void batch_norm_gradient(global const float *output_gradient, global const float *input,
                                NORM_PARAMETERS, global const float *scale_gradient,
                                global const float *shift_gradient,
                                global float *input_gradient, const int rows,
                                const int channels, const int item_rows, const float slope)
{
    const float share = 1.0f / rows;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        const size_t start = (size_t)row * channels;
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            const Norm norm = NORM(c);
            const floatv normalized = normalized_value(norm, load(input + start, c, channels));
            const floatv g = load(output_gradient + start, c, channels)
                * activation_slope(fma(normalized, norm.scale, norm.shift), slope);
            store(norm_gradient(norm, normalized, g, load(scale_gradient, c, channels) * share,
                                load(shift_gradient, c, channels) * share),
                  input_gradient + start, c, channels);
        }
    }
}

kernel void normalize_rows(global const float *input, global float *output, global float *norms,
                           const int rows, const int features, const float smallest,
                           local float *buffer)
{
    FOR_ROWS(row, rows) {
        const size_t start = (size_t)row * features;
        floatv squares = 0.0f;
        FOR_FEATURES(i, features) {
            const floatv x = load(input + start, i, features);
            squares = fma(x, x, squares);
        }
        float norm = sqrt(group_sum(lane_sum(squares), buffer));
        norm = norm < smallest ? smallest : norm;
        FOR_FEATURES(i, features)
            store(load(input + start, i, features) / norm, output + start, i, features);
        if (get_local_id(0) == 0)
            norms[row] = norm;
    }
}

// A row at the bound was divided by a constant.
kernel void normalize_rows_gradient(global const float *output_gradient,
                                    global const float *output, global const float *norms,
                                    global float *input_gradient, const int rows,
                                    const int features, const float smallest,
                                    local float *buffer)
{
    FOR_ROWS(row, rows) {
        const size_t start = (size_t)row * features;
        const float norm = norms[row];
        floatv products = 0.0f;
        FOR_FEATURES(i, features)
            products = fma(load(output_gradient + start, i, features),
                           load(output + start, i, features), products);
        float along = group_sum(lane_sum(products), buffer);
        along = norm <= smallest ? 0.0f : along;
        FOR_FEATURES(i, features) {
            const floatv g = load(output_gradient + start, i, features);
            store(fma(load(output + start, i, features), (floatv)-along, g) / norm,
                  input_gradient + start, i, features);
        }
    }
}
