#pragma once

#include <stdint.h>

/// Softmax cross-entropy of every row; see the contract's `crossEntropy`.
///
/// `losses`: one a row, not divided by the batch. `gradient`, which may be null or `logits`, is
/// divided by `batch`. A label outside makes its row's loss NaN.
void vector_cross_entropy(
    const float *logits, const int32_t *labels, long rows, long classes, long batch,
    float temperature, float smoothing, double *losses, float *gradient);

/// How many rows have their label among the `top` largest; a row that holds a NaN has not.
long vector_count_correct(
    const float *logits, const int32_t *labels, long rows, long classes, long top);
