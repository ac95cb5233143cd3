// One step of one group of parameters: every kernel is a single pass over all its tensors.

kernel void update_sgd(global float *parameters, global const float *gradient,
                       global float *momentum, const int count, const int run, const float rate,
                       const float keep, const float decay, const int nesterov,
                       const int is_first)
{
    FOR_ELEMENTS(i, count, run) {
        const floatv p = load(parameters, i, count);
        const floatv g = fma(p, (floatv)decay, load(gradient, i, count));
        // At the first step `momentum` is undefined.
        const floatv m = is_first ? g : fma(load(momentum, i, count), (floatv)keep, g);
        const floatv step = nesterov ? fma(m, (floatv)keep, g) : m;
        store(m, momentum, i, count);
        store(fma(step, (floatv)-rate, p), parameters, i, count);
    }
}

// `shrink` is the decay that is not part of the gradient.
kernel void update_adam(global float *parameters, global const float *gradient,
                        global float *first_moment, global float *second_moment,
                        const int count, const int run, const float rate,
                        const float beta1_complement, const float beta2,
                        const float beta2_complement, const float epsilon, const float decay,
                        const float shrink, const float correction1, const float correction2)
{
    FOR_ELEMENTS(i, count, run) {
        floatv p = load(parameters, i, count);
        const floatv g = fma(p, (floatv)decay, load(gradient, i, count));
        p = fma(p, (floatv)-shrink, p);
        floatv m = load(first_moment, i, count), v = load(second_moment, i, count);
        m = fma(g - m, (floatv)beta1_complement, m);
        v = fma(g * g, (floatv)beta2_complement, beta2 * v);
        store(m, first_moment, i, count);
        store(v, second_moment, i, count);
        store(p - rate / correction1 * m / (sqrt(v / correction2) + epsilon), parameters, i,
              count);
    }
}

static void step_schedule_free(floatv g, floatv y, global float *parameters,
                               global float *iterate, uint i, int count, float rate,
                               float parameter_rate, float decay, float averaging)
{
    const floatv z = load(iterate, i, count);
    g = fma(y, (floatv)decay, g);
    y = fma(z - y, (floatv)averaging, y);
    store(fma(g, (floatv)-parameter_rate, y), parameters, i, count);
    store(fma(g, (floatv)-rate, z), iterate, i, count);
}

kernel void update_schedule_free_sgd(global float *parameters, global const float *gradient,
                                     global float *iterate, const int count, const int run,
                                     const float rate, const float parameter_rate,
                                     const float decay, const float averaging)
{
    FOR_ELEMENTS(i, count, run)
        step_schedule_free(load(gradient, i, count), load(parameters, i, count), parameters,
                           iterate, i, count, rate, parameter_rate, decay, averaging);
}

kernel void update_schedule_free_adam(global float *parameters, global const float *gradient,
                                      global float *iterate, global float *second_moment,
                                      const int count, const int run, const float rate,
                                      const float parameter_rate, const float beta2,
                                      const float beta2_complement, const float epsilon,
                                      const float decay, const float averaging)
{
    FOR_ELEMENTS(i, count, run) {
        const floatv g = load(gradient, i, count);
        const floatv v = fma(g * g, (floatv)beta2_complement,
                              beta2 * load(second_moment, i, count));
        store(v, second_moment, i, count);
        step_schedule_free(g / (sqrt(v) + epsilon), load(parameters, i, count), parameters,
                           iterate, i, count, rate, parameter_rate, decay, averaging);
    }
}

kernel void interpolate(global float *tensor, global const float *end, const int count,
                        const int run, const float weight)
{
    FOR_ELEMENTS(i, count, run) {
        const floatv x = load(tensor, i, count);
        store(fma(load(end, i, count) - x, (floatv)weight, x), tensor, i, count);
    }
}
