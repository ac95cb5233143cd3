#pragma once

#include "vector_elementwise.h"

/// A batch norm's factors, `channels` of each: `y = scale · (x − mean) · inverse_deviation + shift`.
typedef struct {
    const float *mean, *inverse_deviation, *scale, *shift;
} vector_norm;

/// Mean and sum of squared deviations of every column. `scratch`: `4 · channels` doubles.
void vector_moments(
    const float *x, long rows, long channels, double *mean, double *squares, double *scratch);

/// Merges the moments of `other_rows` further rows into those of `rows`.
void vector_merge_moments(
    long rows, double *mean, double *squares,
    long other_rows, const double *other_mean, const double *other_squares, long channels);

/// `y = activation(norm(x))`; `y` may be `x`.
void vector_batch_norm(
    const float *x, float *y, long rows, long channels, vector_norm norm,
    vector_activation activation);

/// Adds `Σ g` to `shift_sums` and `Σ g·x̂` to `scale_sums`, where `g` is the gradient in front of
/// the activation and `x̂` the normalised input. `scratch`: `2 · channels` floats.
void vector_batch_norm_sums(
    const float *gradient, const float *x, long rows, long channels, vector_norm norm,
    vector_activation activation, double *shift_sums, double *scale_sums, float *scratch);

/// `result = scale · inverse_deviation · (g − shift_mean − x̂ · scale_mean)`; may be in place of
/// either input.
void vector_batch_norm_gradient(
    const float *gradient, const float *x, float *result, long rows, long channels,
    vector_norm norm, vector_activation activation, const float *shift_mean,
    const float *scale_mean);

/// `y = x / max(‖x‖, smallest)` for every row, and that divisor.
void vector_normalize_rows(
    const float *x, float *y, float *norms, long rows, long columns, float smallest);

/// Gradient of `vector_normalize_rows` from its output `y`.
void vector_normalize_rows_gradient(
    const float *gradient, const float *y, const float *norms, float *result, long rows,
    long columns, float smallest);
