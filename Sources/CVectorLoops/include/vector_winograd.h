#pragma once

// The transforms of Winograd's minimal filtering F(m×m, 3×3), stride 1, padding 1 (Lavin & Gray
// 2016): output = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, tile by tile, for m = 2 and 4.
//
// The input patch of a tile is `side = m + 2` pixels wide and begins one pixel above and left of its
// m×m outputs. Transformed data is `[side · side, row, channel]`: one matrix for each point, of one
// row for each tile or input channel, `position_stride` elements apart. Pixels outside the image
// are 0.

/// Tiles over a batch of images, counted row by row, image by image.
typedef struct {
    /// Extents of one image, and its tiles.
    long height, width, tile_rows, tile_columns;
    /// Outputs of a tile along each axis: 2 or 4.
    long size;
} vector_winograd_tiles;

/// `Bᵀ d B` of tiles `first ..< first + count`. `zeros`: `channels` zeros.
void vector_winograd_input(
    const float *images, const vector_winograd_tiles *tiles, long channels, long first, long count,
    const float *zeros, float *transformed, long position_stride);

/// `A y Aᵀ`, the adjoint of `vector_winograd_output`. `zeros`: `channels` zeros.
void vector_winograd_output_gradient(
    const float *gradient, const vector_winograd_tiles *tiles, long channels, long first,
    long count, const float *zeros, float *transformed, long position_stride);

/// `Aᵀ m A + bias` into the pixels of these tiles; `bias` may be null. `discard`: `channels` floats
/// that take the pixels outside.
void vector_winograd_output(
    const float *transformed, long position_stride, const vector_winograd_tiles *tiles, long channels,
    long first, long count, const float *bias, float *discard, float *images);

/// `G g Gᵀ` of elements `first ..< first + count` of every tap of weights `[3, 3, area]`; with
/// `is_flipped` flipped by 180°, as an input gradient needs them.
void vector_winograd_weights(
    const float *weights, long area, long size, int is_flipped, long first, long count,
    float *transformed, long position_stride);

/// `Gᵀ u G`, the adjoint of `vector_winograd_weights`.
void vector_winograd_weight_gradient(
    const float *transformed, long position_stride, long area, long size, long first, long count,
    float *weight_gradient);
