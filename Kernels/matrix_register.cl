// Matrix products on processors: one work-item is a work-group and computes tiles of
// ROWS × VECTORS · 16 elements in registers. Matrices are row by row.

#define COLUMNS (16 * VECTORS)

// Rows `start` ... `end` of a panel: COLUMNS columns from `first` of a matrix [rows, columns], or of
// the transpose of [columns, rows], with zeros beyond the last column.
inline void pack_panel(__global const float *restrict matrix, __global float *restrict panel,
                       int rows, int columns, int isTransposed, int first, int start, int end) {
    if (isTransposed) {
        for (int row = start; row < end; row++, panel += COLUMNS)
            for (int j = 0; j < COLUMNS; j++)
                panel[j] = first + j < columns ? matrix[(size_t)(first + j) * rows + row] : 0.0f;
    } else {
        for (int row = start; row < end; row++, panel += COLUMNS)
            #pragma unroll
            for (int j = 0; j < VECTORS; j++)
                vstore16(load(matrix + (size_t)row * columns, first + 16 * j, columns), j, panel);
    }
}

// A whole matrix to panels [panel][row][COLUMNS].
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pack_columns(__global const float *restrict matrix, __global float *restrict panels, int rows,
                  int columns, int isTransposed, int rowsPerGroup) {
    const int first = get_global_id(0) * COLUMNS, start = get_global_id(1) * rowsPerGroup;
    pack_panel(matrix, panels + (size_t)first * rows + (size_t)start * COLUMNS, rows, columns,
               isTransposed, first, start, min(rows, start + rowsPerGroup));
}

#ifdef ROWS
// Adds a tile of sums, `skipped` rows aside, to what the output holds, or to the bias where the
// sums begin. Whole tiles are worth a path without questions: a slab is soon over.
inline void add_tile(float16 (*sum)[VECTORS], int skipped, int rows, __global const float *bias,
                     __global float *output, int columns, int width, int begins) {
    if (skipped <= 0 && rows >= ROWS && width >= COLUMNS) {
        #pragma unroll
        for (int i = 0; i < ROWS; i++)
            #pragma unroll
            for (int j = 0; j < VECTORS; j++)
                vstore16(sum[i][j] + vload16(j, begins ? bias : output + (size_t)i * columns), j,
                         output + (size_t)i * columns);
        return;
    }
    #pragma unroll
    for (int i = 0; i < ROWS; i++) {
        if (i < skipped || i >= rows) continue;
        __global float *place = output + (size_t)i * columns;
        #pragma unroll
        for (int j = 0; j < VECTORS; j++) {
            const float16 before = load(begins ? bias : place, 16 * j, width);
            store(before + sum[i][j], place, 16 * j, width);
        }
    }
}

// output[row, column] = bias[column] + Σ_k left[row, k] · right[k, column]. Right: panel p of row k
// at p · panelStride + k · rowStride. The last axis of the launch counts splits of the depth, whose
// partial sums these are, or products of a batch: leftStep, rightStep and depthStep lead from one
// to the next. A work-item owns some tiles of some panels and visits all of them for one slab of
// the depth after the other, so that a slab of its panels stays in the cache; in it runs are summed
// by themselves, for short sums round less. With PACKS right is a matrix [depth, columns], or the
// transpose of one, of which a work-item makes the panels of a slab in its part of `packed`.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void multiply(__global const float *restrict left, __global const float *restrict right,
              __global const float *restrict bias, __global float *restrict output, int rows,
              int columns, int depth, int leftStride, int rowStride, int panelStride,
              int leftStep, int rightStep, int depthStep, int panelsPerGroup, int tilesPerGroup,
              int depthPerSplit, __global float *restrict packed, int isTransposed) {
    const int firstPanel = get_global_id(0) * panelsPerGroup;
    const int lastPanel = min((columns + COLUMNS - 1) / COLUMNS, firstPanel + panelsPerGroup);
    const int firstTile = get_global_id(1) * tilesPerGroup;
    const int lastTile = min((rows + ROWS - 1) / ROWS, firstTile + tilesPerGroup);
    const int step = get_global_id(2), count = min(depth - step * depthStep, depthPerSplit);
    left += (size_t)step * leftStep;
    right += (size_t)step * rightStep;
    output += (size_t)step * rows * columns;
#if PACKS
    packed += (size_t)((step * get_global_size(1) + get_global_id(1)) * get_global_size(0)
                       + get_global_id(0)) * panelsPerGroup * SLAB * COLUMNS;
#endif

    for (int slab = 0; slab < count; slab += SLAB) {
        const int end = min(count, slab + SLAB);
#if PACKS
        for (int panel = firstPanel; panel < lastPanel; panel++)
            pack_panel(right, packed + (panel - firstPanel) * SLAB * COLUMNS, depth, columns,
                       isTransposed, panel * COLUMNS, slab, end);
#endif
        for (int tile = firstTile; tile < lastTile; tile++)
            for (int panel = firstPanel; panel < lastPanel; panel++) {
                const int row = tile * ROWS, first = panel * COLUMNS;
                __global const float *source[ROWS];
                float16 total[ROWS][VECTORS];
                #pragma unroll
                for (int i = 0; i < ROWS; i++) {
                    source[i] = left + (size_t)min(row + i, rows - 1) * leftStride;
                    #pragma unroll
                    for (int j = 0; j < VECTORS; j++) total[i][j] = (float16)(0.0f);
                }
#if PACKS
                __global const float *r = packed + (panel - firstPanel) * SLAB * COLUMNS;
#else
                __global const float *r =
                    right + (size_t)panel * panelStride + (size_t)slab * rowStride;
#endif
                for (int run = slab; run < end; run += RUN) {
                    const int last = min(end, run + RUN);
                    float16 sum[ROWS][VECTORS];
                    #pragma unroll
                    for (int i = 0; i < ROWS; i++)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; j++) sum[i][j] = (float16)(0.0f);
                    for (int k = run; k < last; k++) {
                        float16 value[VECTORS];
                        #pragma unroll
                        for (int j = 0; j < VECTORS; j++) value[j] = vload16(j, r);
                        r += rowStride;
                        #pragma unroll
                        for (int i = 0; i < ROWS; i++) {
                            const float16 factor = source[i][k];
                            #pragma unroll
                            for (int j = 0; j < VECTORS; j++)
                                sum[i][j] = fma(factor, value[j], sum[i][j]);
                        }
                    }
                    #pragma unroll
                    for (int i = 0; i < ROWS; i++)
                        #pragma unroll
                        for (int j = 0; j < VECTORS; j++) total[i][j] += sum[i][j];
                }
                add_tile(total, 0, rows - row, bias + first,
                         output + (size_t)row * columns + first, columns, columns - first,
                         slab == 0);
            }
    }
}

// The same with the left factor transposed, a sum of outer products, added to what the output holds
// where it accumulates. Left: [depth, rows], or panels [panel][depth][leftWidth] of the rows. A
// work-item owns some tiles and visits all of them for one chunk of the depth after the other, so
// that a chunk stays in the cache. Rows must be at least ROWS.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void multiply_transposed(__global const float *restrict left, __global const float *restrict right,
                         __global const float *restrict bias, __global float *restrict output,
                         int rows, int columns, int depth, int leftWidth, int rowStride,
                         int panelStride, int leftStep, int rightStep, int depthStep,
                         int tilesPerGroup, int depthPerSplit, int depthPerChunk,
                         int accumulates) {
    const int panels = (columns + COLUMNS - 1) / COLUMNS;
    const int firstTile = get_global_id(0) * tilesPerGroup;
    const int lastTile = min((rows + ROWS - 1) / ROWS * panels, firstTile + tilesPerGroup);
    const int step = get_global_id(1), count = min(depth - step * depthStep, depthPerSplit);
    left += (size_t)step * leftStep;
    right += (size_t)step * rightStep;
    output += (size_t)step * rows * columns;

    for (int chunk = 0; chunk < count; chunk += depthPerChunk)
        for (int tile = firstTile; tile < lastTile; tile++) {
            const int panel = tile % panels, first = panel * COLUMNS;
            // The last tile begins earlier to be whole; it writes its own rows only.
            const int row = tile / panels * ROWS, start = min(row, rows - ROWS);
            __global float *target = output + (size_t)start * columns + first;
            __global const float *source[ROWS];
            float16 sum[ROWS][VECTORS];
            #pragma unroll
            for (int i = 0; i < ROWS; i++) {
                source[i] = left + ((size_t)((start + i) / leftWidth) * depth + chunk) * leftWidth
                    + (start + i) % leftWidth;
                #pragma unroll
                for (int j = 0; j < VECTORS; j++) sum[i][j] = (float16)(0.0f);
            }
            const int end = min(count, chunk + depthPerChunk);
            __global const float *r =
                right + (size_t)panel * panelStride + (size_t)chunk * rowStride;
            size_t offset = 0;
            for (int k = chunk; k < end; k++) {
                float16 value[VECTORS];
                #pragma unroll
                for (int j = 0; j < VECTORS; j++) value[j] = vload16(j, r);
                #pragma unroll
                for (int i = 0; i < ROWS; i++) {
                    const float16 factor = source[i][offset];
                    #pragma unroll
                    for (int j = 0; j < VECTORS; j++) sum[i][j] = fma(factor, value[j], sum[i][j]);
                }
                offset += leftWidth;
                r += rowStride;
            }
            // Chunks are summed by themselves, as runs are.
            add_tile(sum, row - start, ROWS, bias + first, target, columns, columns - first,
                     chunk == 0 && !accumulates);
        }
}
#endif

// output[row, column] = bias[column] + Σ_split partials[split][row, column], in that order.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void add_partials(__global const float *restrict partials, __global const float *restrict bias,
                  __global float *restrict output, int rows, int columns, int splits,
                  int rowsPerGroup) {
    const int start = get_global_id(0) * rowsPerGroup, end = min(rows, start + rowsPerGroup);
    for (int row = start; row < end; row++)
        for (int column = 0; column < columns; column += 16) {
            float16 sum = load(bias, column, columns);
            __global const float *source = partials + (size_t)row * columns;
            for (int split = 0; split < splits; split++) {
                sum += load(source, column, columns);
                source += (size_t)rows * columns;
            }
            store(sum, output + (size_t)row * columns, column, columns);
        }
}
