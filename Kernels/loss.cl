// Softmax cross-entropy and correct rows of [rows, classes] logits. Every row's loss is kept by
// itself and then summed by one group, so that the order of the sum is fixed.

#if VECTOR == 16
#define LANES ((intv)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#elif VECTOR == 4
#define LANES ((intv)(0, 1, 2, 3))
#else
#define LANES 0
#endif

// With WEIGHTED each class's share of the target is multiplied by its weight, and a batch counts as
// much as its labels' weights do. Without it the arithmetic has no trace of weights.
#ifdef WEIGHTED
#define WEIGHT_PARAMETERS , global const float *class_weights, global const float *weight_sum
#define WEIGHED(x, i) (load(class_weights, i, classes) * (x))
#define OF_MASS(x) (mass * (x))
#define BATCH(rows) weight_sum[0]
#else
#define WEIGHT_PARAMETERS
#define WEIGHED(x, i) (x)
#define OF_MASS(x) (x)
#define BATCH(rows) rows
#endif

// `gradient` may be `logits`, or is not written.
kernel void cross_entropy(global const float *logits, global const int *labels,
                          global float *gradient, global float *losses, const int rows,
                          const int classes, const float temperature, const float smoothing,
                          const int writes_gradient, local float *buffer WEIGHT_PARAMETERS)
{
    FOR_ROWS(row, rows) {
        const size_t start = (size_t)row * classes;
        const int label = labels[row];
        floatv largest = -INFINITY;
        FOR_FEATURES(i, classes)
            largest = fmax(largest, load_padded(logits + start, i, classes, -INFINITY));
        const float top = group_max(lane_max(largest), buffer);

        // With x = (logit − top) / temperature: Σ exp x, and of weighed x the sum and the label's.
        floatv weights = 0.0f, all = 0.0f, own = 0.0f;
        FOR_FEATURES(i, classes) {
            const floatv value = load_padded(logits + start, i, classes, -INFINITY);
            const floatv x = (value - top) / temperature;
            weights += exp(x);
            own += i + LANES == label ? WEIGHED(x, i) : (floatv)0.0f;
            if (smoothing != 0.0f)
                all += WEIGHED((load_padded(logits + start, i, classes, top) - top) / temperature,
                               i);
        }
        const float weight = group_sum(lane_sum(weights), buffer);
        const float own_x = group_sum(lane_sum(own), buffer);
        const float all_x = group_sum(lane_sum(all), buffer);
        const float even = smoothing / classes;
#ifdef WEIGHTED
        floatv targets = 0.0f;
        FOR_FEATURES(i, classes)
            targets += WEIGHED((i + LANES == label ? (floatv)(1.0f - smoothing) : (floatv)0.0f)
                                   + even, i);
        const float mass = group_sum(lane_sum(targets), buffer);
#endif
        if (get_local_id(0) == 0) {
            const float loss = OF_MASS(log(weight)) - (1.0f - smoothing) * own_x - even * all_x;
            losses[row] = label >= 0 && label < classes ? loss : NAN;
        }
        if (writes_gradient)
            FOR_FEATURES(i, classes) {
                const floatv value = load_padded(logits + start, i, classes, -INFINITY);
                const floatv share = exp((value - top) / temperature) / weight;
                const floatv hit = i + LANES == label ? (floatv)(1.0f - smoothing) : (floatv)0.0f;
                store((OF_MASS(share) - WEIGHED(hit, i) - WEIGHED(even, i))
                          / (temperature * BATCH(rows)), gradient + start, i, classes);
            }
    }
}

// 1 for every row whose label is among the `top` largest, else 0. The first of equal logits counts as
// larger.
kernel void count_correct(global const float *logits, global const int *labels,
                          global float *correct, const int rows, const int classes,
                          const int top, local float *buffer)
{
    FOR_ROWS(row, rows) {
        global const float *values = logits + (size_t)row * classes;
        const int label = labels[row];
        const bool known = label >= 0 && label < classes;
        const float own = known ? values[label] : NAN;
        floatv before = 0.0f, unordered = 0.0f;
        FOR_FEATURES(i, classes) {
            const floatv x = load_padded(values, i, classes, -INFINITY);
            const intv ahead = x > own || (x == own && i + LANES < label);
            before += ahead ? (floatv)1.0f : (floatv)0.0f;
            unordered += x != x ? (floatv)1.0f : (floatv)0.0f;
        }
        const float rank = group_sum(lane_sum(before), buffer);
        const float nans = group_sum(lane_sum(unordered), buffer);
        if (get_local_id(0) == 0)
            correct[row] = known && nans == 0.0f && rank < top ? 1.0f : 0.0f;
    }
}

// `value` if the column is the row's label, else 0. With weights, by mean 1, times the label's.
kernel void one_hot(global const int *labels, global float *output, const int count,
                    const int run, const int classes, const float value WEIGHT_PARAMETERS)
{
#ifdef WEIGHTED
    const float share = (count / classes) / weight_sum[0];
#define VALUE(i) (value * share * class_weights[(i) % classes])
#else
#define VALUE(i) value
#endif
    FOR_SINGLE_ELEMENTS(i, count, run)
        output[i] = (int)(i % classes) == labels[i / classes] ? VALUE(i) : 0.0f;
}

static float sum_of(global const float *values, int count, local float *buffer)
{
    floatv sum = 0.0f;
    FOR_FEATURES(i, count)
        sum += load(values, i, count);
    return group_sum(lane_sum(sum), buffer);
}

// For one group.
kernel void add_mean(global const float *values, global float *total, const int count,
                     local float *buffer WEIGHT_PARAMETERS)
{
    const float sum = sum_of(values, count, buffer);
    if (get_global_id(0) == 0)
        total[0] += sum / BATCH(count);
}

kernel void add_count(global const float *values, global int *total, const int count,
                      local float *buffer)
{
    const float sum = sum_of(values, count, buffer);
    if (get_global_id(0) == 0)
        total[0] += (int)sum;
}

// Of the weights of all labels. For one group.
kernel void sum_label_weights(global const int *labels, global const float *weights,
                              global float *sum, const int rows, const int classes,
                              local float *buffer)
{
    float part = 0.0f;
    for (int row = get_local_id(0); row < rows; row += get_local_size(0)) {
        const int label = labels[row];
        part += label >= 0 && label < classes ? weights[label] : NAN;
    }
    const float all = group_sum(part, buffer);
    if (get_global_id(0) == 0)
        sum[0] = all;
}
