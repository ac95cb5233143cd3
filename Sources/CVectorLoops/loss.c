#include "loops.h"

// Rows are short and few, and exponentials dominate: double precision costs nothing here.

// A class's share of the target, times its weight.
INLINE double target_of(
    long c, long label, const float *weights, long classes, float smoothing
) {
    double target = (c == label ? 1 - (double)smoothing : 0) + (double)smoothing / (double)classes;
    return weights ? target * (double)weights[c] : target;
}

void vector_cross_entropy(
    const float *logits, const int32_t *labels, const float *weights, long rows, long classes,
    double divisor, float temperature, float smoothing, double *losses, float *gradient
) {
    for (long r = 0; r < rows; r++, logits += classes) {
        double largest = -INFINITY, sum = 0;
        for (long c = 0; c < classes; c++) {
            double scaled = (double)logits[c] / temperature;
            if (scaled > largest) largest = scaled;
        }
        for (long c = 0; c < classes; c++) sum += exp((double)logits[c] / temperature - largest);
        const double log_sum = largest + log(sum);
        // Targets without weights add up to 1.
        double mass = weights ? 0 : 1;
        for (long c = 0; weights && c < classes; c++)
            mass += target_of(c, labels[r], weights, classes, smoothing);
        double loss = labels[r] < 0 || labels[r] >= classes ? NAN : 0;
        for (long c = 0; c < classes; c++) {
            double log_probability = (double)logits[c] / temperature - log_sum;
            double target = target_of(c, labels[r], weights, classes, smoothing);
            loss -= target * log_probability;
            if (gradient)
                gradient[r * classes + c] = (float)(
                    (mass * exp(log_probability) - target) / ((double)temperature * divisor));
        }
        losses[r] = loss;
    }
}

float vector_sum_label_weights(
    const int32_t *labels, const float *weights, long rows, long classes
) {
    double sum = 0;
    for (long r = 0; r < rows; r++)
        sum += labels[r] < 0 || labels[r] >= classes ? NAN : (double)weights[labels[r]];
    return (float)sum;
}

long vector_count_correct(
    const float *logits, const int32_t *labels, long rows, long classes, long top
) {
    long correct = 0;
    for (long r = 0; r < rows; r++, logits += classes) {
        const long label = labels[r];
        if (label < 0 || label >= classes) continue;
        long before = 0;
        for (long c = 0; c < classes; c++) {
            if (isnan(logits[c])) before = classes;
            before += logits[c] > logits[label] || (logits[c] == logits[label] && c < label);
        }
        correct += before < top && !(before >= classes);
    }
    return correct;
}
