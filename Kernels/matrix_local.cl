// Matrix products on GPUs, by tiles in local memory.

#ifdef THREADS
// output[row, column] = bias[column] + Σ_k left[row, k] · right[k, column], or that is
// added to the output if it accumulates. TRANSPOSED_LEFT: left is [depth, rows]; TRANSPOSED_RIGHT:
// right is [columns, depth]. ALIGNED: all rows are whole quads. The last axis of the launch counts
// splits of the depth, whose partial sums these are, or products of a batch: left_step, right_step
// and depth_step lead from one to the next.
kernel __attribute__((reqd_work_group_size(THREADS, THREADS, 1)))
void multiply(global const float *restrict left, global const float *restrict right,
              global const float *restrict bias, global float *restrict output, int rows,
              int columns, int depth, int left_step, int right_step, int depth_step,
              int depth_per_split, int accumulates)
{
    local float4 a[DEPTH][PITCH], b[DEPTH][PITCH];
    const Tile tile = tile_of_group(columns);
    if (tile.row >= rows) return;
    const int step = get_global_id(2), to = min(depth - step * depth_step, depth_per_split);
    left += (size_t)step * left_step;
    right += (size_t)step * right_step;
    output += (size_t)step * rows * columns;

    // The positions of this work-item's quads in a slab.
#if TRANSPOSED_LEFT
    const int ak = tile.quad / TILE, am = tile.quad % TILE;
#else
    const int ak = tile.quad % DEPTH, am = tile.quad / DEPTH;
#endif
#if TRANSPOSED_RIGHT
    const int bk = tile.quad % DEPTH, bn = tile.quad / DEPTH;
#else
    const int bk = tile.quad / TILE, bn = tile.quad % TILE;
#endif
    float4 sum[ITEM][QUADS];
    clear(sum);

    float4 next_a = (float4)(0.0f), next_b = (float4)(0.0f);
    for (int slab = -DEPTH; slab < to; slab += DEPTH) {
        if (slab >= 0) {
#if TRANSPOSED_LEFT
            a[ak][am / 4] = next_a;
#else
            store_down(next_a, (local float *)a[ak] + am);
#endif
#if TRANSPOSED_RIGHT
            store_down(next_b, (local float *)b[bk] + bn);
#else
            b[bk][bn / 4] = next_b;
#endif
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        // The next slab is on its way while this one is multiplied.
        const int next = slab + DEPTH;
        if (next < to) {
#if TRANSPOSED_LEFT
            next_a = load_quad(left + (size_t)(next + ak) * rows + tile.row + am,
                               next + ak < to ? rows - tile.row - am : 0);
#else
            next_a = load_quad(left + (size_t)(tile.row + am) * depth + next + ak,
                               tile.row + am < rows ? to - next - ak : 0);
#endif
#if TRANSPOSED_RIGHT
            next_b = load_quad(right + (size_t)(tile.column + bn) * depth + next + bk,
                               tile.column + bn < columns ? to - next - bk : 0);
#else
            next_b = load_quad(right + (size_t)(next + bk) * columns + tile.column + bn,
                               next + bk < to ? columns - tile.column - bn : 0);
#endif
        }
        if (slab >= 0) multiply_slab(a, b, tile, sum);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    store_tile(tile, sum, bias, output, rows, columns, accumulates);
}
#endif

// output[row, column] = bias[column] + Σ_split partials[split][row, column], in that order.
kernel void add_partials(global const float *restrict partials,
                         global const float *restrict bias, global float *restrict output,
                         int count, int columns, int splits)
{
    const int items = get_global_size(0);
    for (int i = get_global_id(0); i < count; i += items) {
        float sum = bias[i % columns];
        for (int split = 0; split < splits; ++split) sum += partials[(size_t)split * count + i];
        output[i] = sum;
    }
}
