// Matrix products on GPUs: a group of THREADS × THREADS work-items computes a TILE × TILE block
// of the output through local memory, ITEM × ITEM elements each. Matrices are row by row. The slabs
// are as deep as lets every work-item fetch one quad of each factor.

#ifdef THREADS
#define TILE (THREADS * ITEM)
#define DEPTH (4 * THREADS / ITEM)
#define QUADS (ITEM / 4)

inline float4 load_quad(__global const float *source, int count) {
#if ALIGNED
    if (count >= 4) return *(__global const float4 *)source;
#endif
    float4 quad = (float4)(0.0f);
    if (count > 0) quad.s0 = source[0];
    if (count > 1) quad.s1 = source[1];
    if (count > 2) quad.s2 = source[2];
    if (count > 3) quad.s3 = source[3];
    return quad;
}

inline void store_quad(float4 quad, __global float *target, int count) {
#if ALIGNED
    if (count >= 4) {
        *(__global float4 *)target = quad;
        return;
    }
#endif
    if (count > 0) target[0] = quad.s0;
    if (count > 1) target[1] = quad.s1;
    if (count > 2) target[2] = quad.s2;
    if (count > 3) target[3] = quad.s3;
}

// total += a · b over one slab of local memory, which is summed by itself: shorter runs round less.
inline void multiply_slab(__local float4 (*a)[TILE / 4 + 1], __local float4 (*b)[TILE / 4 + 1],
                          int lx, int ly, float4 (*total)[QUADS]) {
    float4 sum[ITEM][QUADS];
    #pragma unroll
    for (int i = 0; i < ITEM; i++)
        #pragma unroll
        for (int q = 0; q < QUADS; q++) sum[i][q] = (float4)(0.0f);
    #pragma unroll
    for (int k = 0; k < DEPTH; k++) {
        float4 value[QUADS];
        #pragma unroll
        for (int q = 0; q < QUADS; q++) value[q] = b[k][q * THREADS + lx];
        #pragma unroll
        for (int i = 0; i < QUADS; i++) {
            const float4 factor = a[k][i * THREADS + ly];
            #pragma unroll
            for (int q = 0; q < QUADS; q++) {
                sum[4 * i][q] = fma((float4)(factor.s0), value[q], sum[4 * i][q]);
                sum[4 * i + 1][q] = fma((float4)(factor.s1), value[q], sum[4 * i + 1][q]);
                sum[4 * i + 2][q] = fma((float4)(factor.s2), value[q], sum[4 * i + 2][q]);
                sum[4 * i + 3][q] = fma((float4)(factor.s3), value[q], sum[4 * i + 3][q]);
            }
        }
    }
    #pragma unroll
    for (int i = 0; i < ITEM; i++)
        #pragma unroll
        for (int q = 0; q < QUADS; q++) total[i][q] += sum[i][q];
}

// output[row, column] = bias[column] + Σ_k left[row, k] · right[k, column], or added to what is
// there where it accumulates. TRANSPOSED_LEFT: left is [depth, rows]; TRANSPOSED_RIGHT: right is
// [columns, depth]. ALIGNED: all rows are whole quads. The last axis of the launch counts splits
// of the depth, whose partial sums these are, or products of a batch: leftStep, rightStep and
// depthStep lead from one to the next.
__kernel __attribute__((reqd_work_group_size(THREADS, THREADS, 1)))
void multiply(__global const float *restrict left, __global const float *restrict right,
              __global const float *restrict bias, __global float *restrict output, int rows,
              int columns, int depth, int leftStep, int rightStep, int depthStep,
              int depthPerSplit, int accumulates) {
    __local float4 a[DEPTH][TILE / 4 + 1], b[DEPTH][TILE / 4 + 1];
    const int lx = get_local_id(0), ly = get_local_id(1), quad = 4 * (ly * THREADS + lx);
    const int columnTiles = (columns + TILE - 1) / TILE;
    const int tile = get_group_id(1) * get_num_groups(0) + get_group_id(0);
    const int firstRow = tile / columnTiles * TILE, firstColumn = tile % columnTiles * TILE;
    if (firstRow >= rows) return;
    const int step = get_global_id(2), to = min(depth - step * depthStep, depthPerSplit);
    left += (size_t)step * leftStep;
    right += (size_t)step * rightStep;
    output += (size_t)step * rows * columns;

    // Where this work-item's quads lie in a slab.
#if TRANSPOSED_LEFT
    const int ak = quad / TILE, am = quad % TILE;
#else
    const int ak = quad % DEPTH, am = quad / DEPTH;
#endif
#if TRANSPOSED_RIGHT
    const int bk = quad % DEPTH, bn = quad / DEPTH;
#else
    const int bk = quad / TILE, bn = quad % TILE;
#endif
    float4 sum[ITEM][QUADS];
    #pragma unroll
    for (int i = 0; i < ITEM; i++)
        #pragma unroll
        for (int q = 0; q < QUADS; q++) sum[i][q] = (float4)(0.0f);

    float4 nextA = (float4)(0.0f), nextB = (float4)(0.0f);
    for (int slab = -DEPTH; slab < to; slab += DEPTH) {
        if (slab >= 0) {
            __local float *pa = (__local float *)a, *pb = (__local float *)b;
#if TRANSPOSED_LEFT
            a[ak][am / 4] = nextA;
#else
            pa[ak * (TILE + 4) + am] = nextA.s0;
            pa[(ak + 1) * (TILE + 4) + am] = nextA.s1;
            pa[(ak + 2) * (TILE + 4) + am] = nextA.s2;
            pa[(ak + 3) * (TILE + 4) + am] = nextA.s3;
#endif
#if TRANSPOSED_RIGHT
            pb[bk * (TILE + 4) + bn] = nextB.s0;
            pb[(bk + 1) * (TILE + 4) + bn] = nextB.s1;
            pb[(bk + 2) * (TILE + 4) + bn] = nextB.s2;
            pb[(bk + 3) * (TILE + 4) + bn] = nextB.s3;
#else
            b[bk][bn / 4] = nextB;
#endif
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        // The next slab is on its way while this one is multiplied.
        const int next = slab + DEPTH;
        if (next < to) {
#if TRANSPOSED_LEFT
            nextA = load_quad(left + (size_t)(next + ak) * rows + firstRow + am,
                              next + ak < to ? rows - firstRow - am : 0);
#else
            nextA = load_quad(left + (size_t)(firstRow + am) * depth + next + ak,
                              firstRow + am < rows ? to - next - ak : 0);
#endif
#if TRANSPOSED_RIGHT
            nextB = load_quad(right + (size_t)(firstColumn + bn) * depth + next + bk,
                              firstColumn + bn < columns ? to - next - bk : 0);
#else
            nextB = load_quad(right + (size_t)(next + bk) * columns + firstColumn + bn,
                              next + bk < to ? columns - firstColumn - bn : 0);
#endif
        }
        if (slab >= 0) multiply_slab(a, b, lx, ly, sum);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    #pragma unroll
    for (int q = 0; q < QUADS; q++) {
        const int column = firstColumn + (q * THREADS + lx) * 4;
        const float4 initial = load_quad(bias + column, columns - column);
        #pragma unroll
        for (int i = 0; i < ITEM; i++) {
            const int row = firstRow + (i / 4 * THREADS + ly) * 4 + i % 4;
            if (row >= rows) continue;
            __global float *target = output + (size_t)row * columns + column;
            store_quad(sum[i][q] + (accumulates ? load_quad(target, columns - column) : initial),
                       target, columns - column);
        }
    }
}
#endif

// output[row, column] = bias[column] + Σ_split partials[split][row, column], in that order.
__kernel void add_partials(__global const float *restrict partials,
                           __global const float *restrict bias, __global float *restrict output,
                           int count, int columns, int splits) {
    const int items = get_global_size(0);
    for (int i = get_global_id(0); i < count; i += items) {
        float sum = bias[i % columns];
        for (int split = 0; split < splits; split++) sum += partials[(size_t)split * count + i];
        output[i] = sum;
    }
}
