// Matrix products on processors: one work-item is a work-group and computes tiles of
// ROWS × VECTORS · 16 elements in registers. Matrices are row by row.

#define COLUMNS (16 * VECTORS)

// Rows `start` ... `end` of a panel: COLUMNS columns from `first` of a matrix [rows, columns], or of
// the transpose of [columns, rows], with zeros beyond the last column.
inline void pack_panel(global const float *restrict matrix, global float *restrict panel,
                       int rows, int columns, int is_transposed, int first, int start, int end)
{
    if (is_transposed) {
        for (int row = start; row < end; ++row, panel += COLUMNS)
            for (int j = 0; j < COLUMNS; ++j)
                panel[j] = first + j < columns ? matrix[(size_t)(first + j) * rows + row] : 0.0f;
    } else {
        for (int row = start; row < end; ++row, panel += COLUMNS)
            #pragma unroll
            for (int j = 0; j < VECTORS; ++j)
                vstore16(load(matrix + (size_t)row * columns, first + 16 * j, columns), j, panel);
    }
}

// A whole matrix to panels [panel][row][COLUMNS].
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pack_columns(global const float *restrict matrix, global float *restrict panels, int rows,
                  int columns, int is_transposed, int rows_per_group)
{
    const int first = get_global_id(0) * COLUMNS, start = get_global_id(1) * rows_per_group;
    pack_panel(matrix, panels + (size_t)first * rows + (size_t)start * COLUMNS, rows, columns,
               is_transposed, first, start, min(rows, start + rows_per_group));
}

#ifdef ROWS
// Adds a tile of sums, `skipped` rows aside, to the output, or to the bias if the sums begin. Whole
// tiles have a path without conditions, because a slab is soon over.
inline void add_tile(float16 (*sum)[VECTORS], int skipped, int rows, global const float *bias,
                     global float *output, int columns, int width, int begins)
{
    if (skipped <= 0 && rows >= ROWS && width >= COLUMNS) {
        #pragma unroll
        for (int i = 0; i < ROWS; ++i)
            #pragma unroll
            for (int j = 0; j < VECTORS; ++j)
                vstore16(sum[i][j] + vload16(j, begins ? bias : output + (size_t)i * columns), j,
                         output + (size_t)i * columns);
        return;
    }
    #pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        if (i < skipped || i >= rows) continue;
        global float *target = output + (size_t)i * columns;
        #pragma unroll
        for (int j = 0; j < VECTORS; ++j) {
            const float16 before = load(begins ? bias : target, 16 * j, width);
            store(before + sum[i][j], target, 16 * j, width);
        }
    }
}

// output[row, column] = bias[column] + Σ_k left[row, k] · right[k, column]. Right: panel p of row k
// at p · panel_stride + k · row_stride. The last axis of the launch counts splits of the depth,
// whose partial sums these are, or products of a batch: left_step, right_step and depth_step lead
// from one to the next. A work-item owns some tiles of some panels and visits all of them for one
// slab of the depth after the other, so that a slab of its panels stays in the cache; in it runs
// are summed by themselves, for short sums round less. With PACKS right is a matrix [depth,
// columns], or the transpose of one, of which a work-item makes the panels of a slab in its part of
// `packed`.
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void multiply(global const float *restrict left, global const float *restrict right,
              global const float *restrict bias, global float *restrict output, int rows,
              int columns, int depth, int left_stride, int row_stride, int panel_stride,
              int left_step, int right_step, int depth_step, int panels_per_group,
              int tiles_per_group, int depth_per_split, global float *restrict packed,
              int is_transposed)
{
    const int first_panel = get_global_id(0) * panels_per_group;
    const int last_panel = min((columns + COLUMNS - 1) / COLUMNS, first_panel + panels_per_group);
    const int first_tile = get_global_id(1) * tiles_per_group;
    const int last_tile = min((rows + ROWS - 1) / ROWS, first_tile + tiles_per_group);
    const int step = get_global_id(2), count = min(depth - step * depth_step, depth_per_split);
    left += (size_t)step * left_step;
    right += (size_t)step * right_step;
    output += (size_t)step * rows * columns;
#if PACKS
    packed += (size_t)((step * get_global_size(1) + get_global_id(1)) * get_global_size(0)
                       + get_global_id(0)) * panels_per_group * SLAB * COLUMNS;
#endif

    for (int slab = 0; slab < count; slab += SLAB) {
        const int end = min(count, slab + SLAB);
#if PACKS
        for (int panel = first_panel; panel < last_panel; ++panel)
            pack_panel(right, packed + (panel - first_panel) * SLAB * COLUMNS, depth, columns,
                       is_transposed, panel * COLUMNS, slab, end);
#endif
        for (int tile = first_tile; tile < last_tile; ++tile)
            for (int panel = first_panel; panel < last_panel; ++panel) {
                const int row = tile * ROWS, first = panel * COLUMNS;
                global const float *source[ROWS];
                float16 total[ROWS][VECTORS];
                #pragma unroll
                for (int i = 0; i < ROWS; ++i) {
                    source[i] = left + (size_t)min(row + i, rows - 1) * left_stride;
                    #pragma unroll
                    for (int j = 0; j < VECTORS; ++j) total[i][j] = (float16)(0.0f);
                }
#if PACKS
                global const float *r = packed + (panel - first_panel) * SLAB * COLUMNS;
#else
                global const float *r =
                    right + (size_t)panel * panel_stride + (size_t)slab * row_stride;
#endif
                for (int run = slab; run < end; run += RUN) {
                    const int last = min(end, run + RUN);
                    float16 sum[ROWS][VECTORS];
                    #pragma unroll
                    for (int i = 0; i < ROWS; ++i)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; ++j) sum[i][j] = (float16)(0.0f);
                    for (int k = run; k < last; ++k) {
                        float16 value[VECTORS];
                        #pragma unroll
                        for (int j = 0; j < VECTORS; ++j) value[j] = vload16(j, r);
                        r += row_stride;
                        #pragma unroll
                        for (int i = 0; i < ROWS; ++i) {
                            const float16 factor = source[i][k];
                            #pragma unroll
                            for (int j = 0; j < VECTORS; ++j)
                                sum[i][j] = fma(factor, value[j], sum[i][j]);
                        }
                    }
                    #pragma unroll
                    for (int i = 0; i < ROWS; ++i)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; ++j) total[i][j] += sum[i][j];
                }
                add_tile(total, 0, rows - row, bias + first,
                         output + (size_t)row * columns + first, columns, columns - first,
                         slab == 0);
            }
    }
}

// The same with the left factor transposed, a sum of outer products, added to the output if it
// accumulates. Left: [depth, rows], or panels [panel][depth][left_width] of the rows. A
// work-item owns some tiles and visits all of them for one chunk of the depth after the other, so
// that a chunk stays in the cache. Rows must be at least ROWS.
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void multiply_transposed(global const float *restrict left, global const float *restrict right,
                         global const float *restrict bias, global float *restrict output,
                         int rows, int columns, int depth, int left_width, int row_stride,
                         int panel_stride, int left_step, int right_step, int depth_step,
                         int tiles_per_group, int depth_per_split, int depth_per_chunk,
                         int accumulates)
{
    const int panels = (columns + COLUMNS - 1) / COLUMNS;
    const int first_tile = get_global_id(0) * tiles_per_group;
    const int last_tile = min((rows + ROWS - 1) / ROWS * panels, first_tile + tiles_per_group);
    const int step = get_global_id(1), count = min(depth - step * depth_step, depth_per_split);
    left += (size_t)step * left_step;
    right += (size_t)step * right_step;
    output += (size_t)step * rows * columns;

    for (int chunk = 0; chunk < count; chunk += depth_per_chunk)
        for (int tile = first_tile; tile < last_tile; ++tile) {
            const int panel = tile % panels, first = panel * COLUMNS;
            // The last tile begins earlier to be whole; it writes its own rows only.
            const int row = tile / panels * ROWS, start = min(row, rows - ROWS);
            global float *target = output + (size_t)start * columns + first;
            global const float *source[ROWS];
            float16 sum[ROWS][VECTORS];
            #pragma unroll
            for (int i = 0; i < ROWS; ++i) {
                source[i] = left + ((size_t)((start + i) / left_width) * depth + chunk) * left_width
                    + (start + i) % left_width;
                #pragma unroll
                for (int j = 0; j < VECTORS; ++j) sum[i][j] = (float16)(0.0f);
            }
            const int end = min(count, chunk + depth_per_chunk);
            global const float *r =
                right + (size_t)panel * panel_stride + (size_t)chunk * row_stride;
            size_t offset = 0;
            for (int k = chunk; k < end; ++k) {
                float16 value[VECTORS];
                #pragma unroll
                for (int j = 0; j < VECTORS; ++j) value[j] = vload16(j, r);
                #pragma unroll
                for (int i = 0; i < ROWS; ++i) {
                    const float16 factor = source[i][offset];
                    #pragma unroll
                    for (int j = 0; j < VECTORS; ++j) sum[i][j] = fma(factor, value[j], sum[i][j]);
                }
                offset += left_width;
                r += row_stride;
            }
            // Chunks are summed by themselves, as runs are.
            add_tile(sum, row - start, ROWS, bias + first, target, columns, columns - first,
                     chunk == 0 && !accumulates);
        }
}
#endif

// output[row, column] = bias[column] + Σ_split partials[split][row, column], in that order.
kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void add_partials(global const float *restrict partials, global const float *restrict bias,
                  global float *restrict output, int rows, int columns, int splits,
                  int rows_per_group)
{
    const int start = get_global_id(0) * rows_per_group, end = min(rows, start + rows_per_group);
    for (int row = start; row < end; ++row)
        for (int column = 0; column < columns; column += 16) {
            float16 sum = load(bias, column, columns);
            global const float *source = partials + (size_t)row * columns;
            for (int split = 0; split < splits; ++split) {
                sum += load(source, column, columns);
                source += (size_t)rows * columns;
            }
            store(sum, output + (size_t)row * columns, column, columns);
        }
}
