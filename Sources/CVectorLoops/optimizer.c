#include "loops.h"

TARGET_CLONES void vector_sgd(
    float *parameters, const float *gradient, float *momentum, long count, vector_sgd_step step
) {
    // A first step reads no momentum: the memory may hold NaN.
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) {
        float g = gradient[i] + step.decay * parameters[i];
        float m = step.is_first ? g : step.momentum * momentum[i] + g;
        momentum[i] = m;
        parameters[i] -= step.rate * (step.nesterov ? g + step.momentum * m : m);
    }
}

TARGET_CLONES void vector_adam(
    float *parameters, const float *gradient, float *first_moment, float *second_moment,
    long count, vector_adam_step step
) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) {
        float p = parameters[i] - step.shrinkage * parameters[i];
        float g = gradient[i] + step.decay * p;
        float m = first_moment[i] + step.beta1_complement * (g - first_moment[i]);
        float v = step.beta2 * second_moment[i] + step.beta2_complement * g * g;
        first_moment[i] = m;
        second_moment[i] = v;
        parameters[i] = p - step.rate * m / (square_root(v / step.correction2) + step.epsilon);
    }
}

TARGET_CLONES void vector_schedule_free(
    float *parameters, const float *gradient, float *iterate, float *second_moment, long count,
    vector_schedule_free_step step
) {
    if (second_moment) {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++) {
            float g = gradient[i], y = parameters[i], z = iterate[i];
            float v = step.beta2 * second_moment[i] + step.beta2_complement * g * g;
            second_moment[i] = v;
            g = g / (square_root(v) + step.epsilon) + step.decay * y;
            parameters[i] = y + step.averaging * (z - y) - step.parameter_rate * g;
            iterate[i] = z - step.rate * g;
        }
    } else {
        VECTORIZE_ELEMENTS
        for (long i = 0; i < count; i++) {
            float y = parameters[i], z = iterate[i];
            float g = gradient[i] + step.decay * y;
            parameters[i] = y + step.averaging * (z - y) - step.parameter_rate * g;
            iterate[i] = z - step.rate * g;
        }
    }
}

TARGET_CLONES void vector_interpolate(float *x, const float *end, float weight, long count) {
    VECTORIZE_ELEMENTS
    for (long i = 0; i < count; i++) x[i] += weight * (end[i] - x[i]);
}
