#pragma once

/// A convolution; the fields are the contract's `ConvolutionGeometry`.
typedef struct {
    long height, width, input_channels, output_channels;
    long kernel_height, kernel_width, stride, padding;
    long output_height, output_width;
} vector_convolution_shape;

/// The windows of output pixels `first ..< first + count`, counted over the whole batch, as rows
/// `[kernel row, kernel column, channel]` of `channels` input channels from `first_channel`.
void vector_gather_windows(
    const float *input, const vector_convolution_shape *shape, long first, long count,
    long first_channel, long channels, float *rows);

/// The adjoint: adds such rows to the pixels that they came from.
void vector_scatter_windows(
    const float *rows, const vector_convolution_shape *shape, long first, long count,
    long first_channel, long channels, float *input);

/// A depthwise convolution of `images` images; `bias` may be null.
void vector_depthwise(
    const float *input, const float *weights, const float *bias, float *output, long images,
    const vector_convolution_shape *shape);

/// Adds the weight gradient of `images` images. `scratch`: `kernel · channels` floats.
void vector_depthwise_weight_gradient(
    const float *input, const float *output_gradient, float *weight_gradient, long images,
    const vector_convolution_shape *shape, float *scratch);

void vector_depthwise_input_gradient(
    const float *output_gradient, const float *weights, float *input_gradient, long images,
    const vector_convolution_shape *shape);
