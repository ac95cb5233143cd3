// Activations of one element, in forms that the compiler vectorises.
#pragma once

#include "loops.h"

/// `eˣ` for x in 0…20, after Cephes: x = n·ln 2 + r, a polynomial in r, n into the exponent.
INLINE float exponential(float x) {
    const float rounder = 12582912.0f;  // 1.5·2²³: adding it leaves an integer in the low bits
    float shifted = x * 1.44269504088896341f + rounder;
    float n = shifted - rounder;
    float r = n * -0.693359375f + x;
    r = n * 2.12194440e-4f + r;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/// tanh within 2 ulp, after Cephes; a NaN stays one.
INLINE float hyperbolic_tangent(float x) {
    float magnitude = fabsf(x);
    float bounded = magnitude > 10.0f ? 10.0f : magnitude;
    float far = 1.0f - 2.0f / (exponential(2.0f * bounded) + 1.0f);
    float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    float near = p * z * x + x;
    return magnitude < 0.625f ? near : copysignf(far, x);
}

INLINE float activated(float x, int kind, float slope) {
    switch (kind) {
    case vector_leaky_relu: return x > 0 ? x : slope * x;
    case vector_tanh: return hyperbolic_tangent(x);
    default: return x;
    }
}

/// The derivative, from the activation's output.
INLINE float slope_at_output(float y, int kind, float slope) {
    switch (kind) {
    case vector_leaky_relu: return y > 0 ? 1.0f : slope;
    case vector_tanh: return 1.0f - y * y;
    default: return 1.0f;
    }
}

/// The derivative, from the activation's input.
INLINE float slope_at_input(float x, int kind, float slope) {
    return kind == vector_leaky_relu
        ? (x > 0 ? 1.0f : slope) : slope_at_output(activated(x, kind, slope), kind, slope);
}

/// `body` with a constant `kind`, so that no loop holds a choice.
#define FOR_EACH_KIND(activation, body)                                           \
    switch ((activation).kind) {                                                  \
    case vector_leaky_relu: { enum { kind = vector_leaky_relu }; body; break; }   \
    case vector_tanh: { enum { kind = vector_tanh }; body; break; }               \
    default: { enum { kind = vector_identity }; body; break; }                    \
    }
