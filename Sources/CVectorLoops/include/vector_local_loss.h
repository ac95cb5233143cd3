#pragma once

#include "vector_normalization.h"
#include "vector_pooling.h"

// Fused passes of a block that is trained by a local loss; for piecewise linear activations.

/// Batch norm, activation and average pool of `images` images in one read.
///
/// With `s` the slope of the activation and `x̂` the normalised input, `Σ s` and `Σ s·x̂` of every
/// window go to `slope_sums` and `normalized_sums`, `[image, window row, window column, channel]`.
void vector_batch_norm_pool(
    const float *x, float *y, float *pooled, float *slope_sums, float *normalized_sums, long images,
    const vector_average_pool_shape *shape, vector_norm norm, vector_activation activation);

/// Adds the batch norm's gradients `Σ g·Σs` to `shift_sums` and `Σ g·Σs·x̂` to `scale_sums`, with
/// `g` the pooled gradient over the area of its window.
void vector_batch_norm_pool_sums(
    const float *pooled_gradient, const float *slope_sums, const float *normalized_sums, long images,
    const vector_average_pool_shape *shape, double *shift_sums, double *scale_sums);

/// The gradient before the batch norm, from that of the pooled activation; `result` may be `x`.
/// `scratch`: `(windows + 4) · channels` floats.
void vector_batch_norm_pool_gradient(
    const float *pooled_gradient, const float *x, float *result, long images,
    const vector_average_pool_shape *shape, vector_norm norm, vector_activation activation,
    const float *shift_mean, const float *scale_mean, float *scratch);
