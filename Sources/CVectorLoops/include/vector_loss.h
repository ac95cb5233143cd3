#pragma once

#include <stdint.h>

/// Softmax cross-entropy of every row; see the contract's `crossEntropy`.
///
/// `weights`: one a class, or null. `losses`: one a row, not divided. `gradient`, which may be null or
/// `logits`, is divided by `divisor`. A label outside makes its row's loss NaN.
void vector_cross_entropy(
    const float *logits, const int32_t *labels, const float *weights, long rows, long classes,
    double divisor, float temperature, float smoothing, double *losses, float *gradient);

/// The sum of the labels' weights, in order; NaN if a label is outside.
float vector_sum_label_weights(
    const int32_t *labels, const float *weights, long rows, long classes);

/// How many rows have their label among the `top` largest; a row that holds a NaN has not.
long vector_count_correct(
    const float *logits, const int32_t *labels, long rows, long classes, long top);
