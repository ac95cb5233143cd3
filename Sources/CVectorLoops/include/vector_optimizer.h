#pragma once

#include <stdbool.h>

// One step of an optimizer over `count` parameters; the equations are the contract's.

typedef struct {
    float rate, momentum, decay;
    bool nesterov, is_first;
} vector_sgd_step;

typedef struct {
    /// `rate` is already divided by the first correction.
    float rate, beta1_complement, beta2, beta2_complement, epsilon, decay;
    /// The share by which the parameters shrink first: decoupled decay.
    float shrinkage;
    float correction2;
} vector_adam_step;

typedef struct {
    float rate, parameter_rate, beta2, beta2_complement, epsilon, decay, averaging;
} vector_schedule_free_step;

void vector_sgd(
    float *parameters, const float *gradient, float *momentum, long count, vector_sgd_step step);

void vector_adam(
    float *parameters, const float *gradient, float *first_moment, float *second_moment,
    long count, vector_adam_step step);

/// `second_moment` is null for plain SGD.
void vector_schedule_free(
    float *parameters, const float *gradient, float *iterate, float *second_moment, long count,
    vector_schedule_free_step step);

/// `x += weight · (end − x)`.
void vector_interpolate(float *x, const float *end, float weight, long count);
