#pragma once

#include <stdint.h>

/// The nonlinearity of a block; `slope` is that of a leaky ReLU at negative inputs.
typedef struct {
    enum { vector_identity, vector_leaky_relu, vector_tanh } kind;
    float slope;
} vector_activation;

void vector_fill(float *destination, float value, long count);

/// `y = activation(x)`; `y` may be `x`.
void vector_activate(const float *x, float *y, long count, vector_activation activation);

/// `result = gradient · activation′`, from the activation's output `y`; may be in place.
void vector_activation_gradient(
    const float *gradient, const float *y, float *result, long count,
    vector_activation activation);

/// `y = alpha · x + beta · y`; with `beta` 0, `y` is not read.
void vector_scale_add(float alpha, const float *x, float beta, float *y, long count);

/// `y = alpha · left · right + beta · y`; with `beta` 0, `y` is not read. All may be one array.
void vector_multiply_add(
    float alpha, const float *left, const float *right, float beta, float *y, long count);

/// `y = alpha · numerator / (denominator + epsilon) + beta · y`; with `beta` 0, `y` is not read. All
/// may be one array.
void vector_divide_add(
    float alpha, const float *numerator, const float *denominator, float epsilon, float beta,
    float *y, long count);

/// `y = √x`; `y` may be `x`.
void vector_square_root(const float *x, float *y, long count);

/// `y` = 1 if `x > 0`, -1 if `x < 0`, else `x`; `y` may be `x`.
void vector_signum(const float *x, float *y, long count);

/// `y += x`.
void vector_add(const float *x, float *y, long count);

/// Every row of `y` becomes `row`; `stride` elements lie from one to the next.
void vector_fill_rows(const float *row, float *y, long rows, long channels, long stride);

/// Every row of `y` is that of `x` times `scale`.
void vector_scale_columns(
    const float *x, const float *scale, float *y, long rows, long channels);

/// Adds the sum of every column of products to `sums`.
void vector_sum_row_products(
    const float *x, const float *y, long rows, long channels, double *sums);

/// Element i of the stream `key`, from `first` on: 0 if it is below `probability`, else times
/// `factor`.
void vector_dropout(
    const float *x, float *y, long first, long count, uint64_t key, float probability,
    float factor);

/// Adds the sum of every column to `sums`. `scratch`: `channels` floats.
void vector_sum_rows(
    const float *x, long rows, long channels, double *sums, float *scratch);
