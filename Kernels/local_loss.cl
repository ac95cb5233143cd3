// The LLS loss and its gradient.

// Items that share a dot product.
#if REGISTER
#define TEAM 1
#else
#define TEAM 32
#endif

// With WEIGHTED each class's share of the target is multiplied by its weight, and a batch counts as
// much as its labels' weights do. Without it the arithmetic has no trace of weights.
#ifdef WEIGHTED
#define WEIGHT_PARAMETERS , global const float *class_weights, global const float *weight_sum
#define WEIGHED_ONE(x, k) (class_weights[k] * (x))
#define OF_MASS(x) (mass * (x))
#define BATCH(rows) weight_sum[0]
#else
#define WEIGHT_PARAMETERS
#define WEIGHED_ONE(x, k) (x)
#define OF_MASS(x) (x)
#define BATCH(rows) rows
#endif

// The sum over each team of a group, for the first item of the team.
static float team_sum(float x, local float *buffer)
{
#if !REGISTER
    const int item = get_local_id(0);
    buffer[item] = x;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int span = TEAM / 2; span > 0; span /= 2) {
        if (item % TEAM < span)
            buffer[item] += buffer[item + span];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    x = buffer[item];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    return x;
}

// With u = p/‖p‖: cross-entropy of u·basisᵀ, and its gradient with respect to p. A group takes one
// sample at a time.
kernel void synchronization_loss(global const float *pooled, global const float *basis,
                                 global const int *labels, global float *pooled_gradient,
                                 global float *losses, const int rows, const int features,
                                 const int classes, const float temperature,
                                 const float smoothing, const float smallest,
                                 local float *buffer, local float *cosines, local float *errors
                                 WEIGHT_PARAMETERS)
{
    const int item = get_local_id(0), items = get_local_size(0);
    const float even = smoothing / classes;
    FOR_ROWS(row, rows) {
        global const float *sample = pooled + (size_t)row * features;
        const int label = labels[row];

        floatv squares = 0.0f;
        FOR_FEATURES(i, features) {
            const floatv x = load(sample, i, features);
            squares = fma(x, x, squares);
        }
        float norm = sqrt(group_sum(lane_sum(squares), buffer));
        norm = norm < smallest ? smallest : norm;

        for (int k = 0; k < classes; k += items / TEAM) {
            const int class = k + item / TEAM;
            floatv products = 0.0f;
            if (class < classes)
                for (int i = item % TEAM * VECTOR; i < features; i += TEAM * VECTOR)
                    products = fma(load(sample, i, features),
                                   load(basis + (size_t)class * features, i, features), products);
            const float product = team_sum(lane_sum(products), buffer);
            if (class < classes && item % TEAM == 0)
                cosines[class] = product / norm;
        }
#if !REGISTER
        barrier(CLK_LOCAL_MEM_FENCE);
#endif

        float top = -INFINITY;
        for (int k = item; k < classes; k += items)
            top = fmax(top, cosines[k]);
        top = group_max(top, buffer);
        float weight = 0.0f, all = 0.0f;
        for (int k = item; k < classes; k += items) {
            const float x = (cosines[k] - top) / temperature;
            weight += exp(x);
            all += WEIGHED_ONE(x, k);
        }
        weight = group_sum(weight, buffer);
        all = group_sum(all, buffer);
#ifdef WEIGHTED
        float mass = 0.0f;
        for (int k = item; k < classes; k += items)
            mass += WEIGHED_ONE((k == label ? 1.0f - smoothing : 0.0f) + even, k);
        mass = group_sum(mass, buffer);
#endif
        if (item == 0) {
            const bool known = label >= 0 && label < classes;
            const float own =
                known ? WEIGHED_ONE((cosines[label] - top) / temperature, label) : NAN;
            losses[row] = OF_MASS(log(weight)) - (1.0f - smoothing) * own - even * all;
        }

        // The gradient with respect to the scores; with the scores, its part along u.
        float along = 0.0f;
        for (int k = item; k < classes; k += items) {
            const float share = exp((cosines[k] - top) / temperature) / weight;
            const float target = (k == label ? 1.0f - smoothing : 0.0f) + even;
            errors[k] = (OF_MASS(share) - WEIGHED_ONE(target, k)) / (temperature * BATCH(rows));
            along = fma(errors[k], cosines[k], along);
        }
        along = group_sum(along, buffer);
        along = norm <= smallest ? 0.0f : along / norm;

        FOR_FEATURES(i, features) {
            floatv gradient = load(sample, i, features) * -along;
            for (int k = 0; k < classes; ++k)
                gradient = fma(load(basis + (size_t)k * features, i, features),
                               (floatv)errors[k], gradient);
            store(gradient / norm, pooled_gradient + (size_t)row * features, i, features);
        }
    }
}
