#include "loops.h"

// Rows are short and few, and exponentials dominate: double precision costs nothing here.

void vector_cross_entropy(
    const float *logits, const int32_t *labels, long rows, long classes, long batch,
    float temperature, float smoothing, double *losses, float *gradient
) {
    for (long r = 0; r < rows; r++, logits += classes) {
        double largest = -INFINITY, sum = 0;
        for (long c = 0; c < classes; c++) {
            double scaled = (double)logits[c] / temperature;
            if (scaled > largest) largest = scaled;
        }
        for (long c = 0; c < classes; c++) sum += exp((double)logits[c] / temperature - largest);
        const double log_sum = largest + log(sum);
        double loss = labels[r] < 0 || labels[r] >= classes ? NAN : 0;
        for (long c = 0; c < classes; c++) {
            double log_probability = (double)logits[c] / temperature - log_sum;
            double target =
                (c == labels[r] ? 1 - (double)smoothing : 0) + (double)smoothing / (double)classes;
            loss -= target * log_probability;
            if (gradient)
                gradient[r * classes + c] = (float)(
                    (exp(log_probability) - target) / ((double)temperature * (double)batch));
        }
        losses[r] = loss;
    }
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
