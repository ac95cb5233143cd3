// Shared by products and convolutions on GPUs: a group of THREADS × THREADS work-items computes
// a TILE × TILE block of a matrix through local memory, ITEM × ITEM elements each. Matrices are row
// by row. The slabs are as deep as lets every work-item fetch one quad of each factor. Like
// common.cl, put before every kernel file by the host.
//
// Plain `inline`, deliberately: with `static` or `always_inline` PoCL splits the functions in its
// loops over work-items, and the kernels take three times as long.

#ifdef THREADS
#define TILE (THREADS * ITEM)
#define DEPTH (4 * THREADS / ITEM)
#define QUADS (ITEM / 4)

// Quads from one row of a slab to the next: one more than the tile has, for other banks.
#define PITCH (TILE / 4 + 1)

// The block of a group begins at `row` and `column`. A work-item of it is in column `lx` and row
// `ly`, and fetches the quad at element `quad` of a slab.
typedef struct {
    int row, column, lx, ly, quad;
} Tile;

inline Tile tile_of_group(int columns)
{
    const int across = (columns + TILE - 1) / TILE;
    const int index = get_group_id(1) * get_num_groups(0) + get_group_id(0);
    const int lx = get_local_id(0), ly = get_local_id(1);
    Tile tile = {index / across * TILE, index % across * TILE, lx, ly, 4 * (ly * THREADS + lx)};
    return tile;
}

inline float4 load_quad(global const float *source, int count)
{
#if ALIGNED
    if (count >= 4) return *(global const float4 *)source;
#endif
    float4 quad = (float4)(0.0f);
    if (count > 0) quad.s0 = source[0];
    if (count > 1) quad.s1 = source[1];
    if (count > 2) quad.s2 = source[2];
    if (count > 3) quad.s3 = source[3];
    return quad;
}

inline void store_quad(float4 quad, global float *target, int count)
{
#if ALIGNED
    if (count >= 4) {
        *(global float4 *)target = quad;
        return;
    }
#endif
    if (count > 0) target[0] = quad.s0;
    if (count > 1) target[1] = quad.s1;
    if (count > 2) target[2] = quad.s2;
    if (count > 3) target[3] = quad.s3;
}

// Writes a quad down a slab, from `first` on.
inline void store_down(float4 quad, local float *first)
{
    first[0] = quad.s0;
    first[4 * PITCH] = quad.s1;
    first[2 * 4 * PITCH] = quad.s2;
    first[3 * 4 * PITCH] = quad.s3;
}

inline void clear(float4 (*sum)[QUADS])
{
    #pragma unroll
    for (int i = 0; i < ITEM; ++i)
        #pragma unroll
        for (int q = 0; q < QUADS; ++q) sum[i][q] = (float4)(0.0f);
}

// total += a · b over one slab of local memory, which is summed by itself: shorter runs round less.
inline void multiply_slab(local float4 (*a)[PITCH], local float4 (*b)[PITCH], Tile tile,
                          float4 (*total)[QUADS])
{
    float4 sum[ITEM][QUADS];
    clear(sum);
    #pragma unroll
    for (int k = 0; k < DEPTH; ++k) {
        float4 value[QUADS];
        #pragma unroll
        for (int q = 0; q < QUADS; ++q) value[q] = b[k][q * THREADS + tile.lx];
        #pragma unroll
        for (int i = 0; i < QUADS; ++i) {
            const float4 factor = a[k][i * THREADS + tile.ly];
            #pragma unroll
            for (int q = 0; q < QUADS; ++q) {
                sum[4 * i][q] = fma((float4)(factor.s0), value[q], sum[4 * i][q]);
                sum[4 * i + 1][q] = fma((float4)(factor.s1), value[q], sum[4 * i + 1][q]);
                sum[4 * i + 2][q] = fma((float4)(factor.s2), value[q], sum[4 * i + 2][q]);
                sum[4 * i + 3][q] = fma((float4)(factor.s3), value[q], sum[4 * i + 3][q]);
            }
        }
    }
    #pragma unroll
    for (int i = 0; i < ITEM; ++i)
        #pragma unroll
        for (int q = 0; q < QUADS; ++q) total[i][q] += sum[i][q];
}

// The block's part of output[row, column] = bias[column] + sum, or added to the output if it
// accumulates.
inline void store_tile(Tile tile, float4 (*sum)[QUADS], global const float *bias,
                       global float *output, int rows, int columns, int accumulates)
{
    #pragma unroll
    for (int q = 0; q < QUADS; ++q) {
        const int column = tile.column + (q * THREADS + tile.lx) * 4;
        const float4 initial = load_quad(bias + column, columns - column);
        #pragma unroll
        for (int i = 0; i < ITEM; ++i) {
            const int row = tile.row + (i / 4 * THREADS + tile.ly) * 4 + i % 4;
            if (row >= rows) continue;
            global float *target = output + (size_t)row * columns + column;
            store_quad(sum[i][q] + (accumulates ? load_quad(target, columns - column) : initial),
                       target, columns - column);
        }
    }
}
#endif
