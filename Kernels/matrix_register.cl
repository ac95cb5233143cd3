// Matrix products on processors: one work-item is a work-group and computes tiles of
// ROWS × VECTORS · 16 elements in registers. Matrices are row by row.

#define COLUMNS (16 * VECTORS)

inline float16 load_some(__global const float *source, int count) {
    if (count >= 16) return vload16(0, source);
    float values[16];
    for (int i = 0; i < 16; i++) values[i] = i < count ? source[i] : 0.0f;
    return vload16(0, values);
}

inline void store_some(float16 value, __global float *target, int count) {
    if (count >= 16) {
        vstore16(value, 0, target);
        return;
    }
    float values[16];
    vstore16(value, 0, values);
    for (int i = 0; i < count; i++) target[i] = values[i];
}

// A matrix [rows, columns], or the transpose of [columns, rows], to panels [panel][row][COLUMNS]
// with zeros beyond the last column.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void pack_columns(__global const float *restrict matrix, __global float *restrict panels, int rows,
                  int columns, int isTransposed, int rowsPerGroup) {
    const int first = get_global_id(0) * COLUMNS;
    const int start = get_global_id(1) * rowsPerGroup, end = min(rows, start + rowsPerGroup);
    panels += (size_t)first * rows;
    if (isTransposed) {
        for (int row = start; row < end; row++)
            for (int j = 0; j < COLUMNS; j++)
                panels[(size_t)row * COLUMNS + j] =
                    first + j < columns ? matrix[(size_t)(first + j) * rows + row] : 0.0f;
    } else {
        for (int row = start; row < end; row++)
            for (int j = 0; j < VECTORS; j++)
                vstore16(load_some(matrix + (size_t)row * columns + first + 16 * j,
                                   columns - first - 16 * j),
                         j, panels + (size_t)row * COLUMNS);
    }
}

#ifdef ROWS
// output[row, column] = bias[column] + Σ_k left[row, k] · right[k, column]. Right: panel p of row k
// at p · panelStride + k · rowStride. The last axis of the launch counts splits of the depth, whose
// partial sums these are, or products of a batch: leftStep, rightStep and depthStep lead from one
// to the next.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void multiply(__global const float *restrict left, __global const float *restrict right,
              __global const float *restrict bias, __global float *restrict output, int rows,
              int columns, int depth, int leftStride, int rowStride, int panelStride,
              int leftStep, int rightStep, int depthStep, int tilesPerGroup, int depthPerSplit) {
    const int panel = get_global_id(0), first = panel * COLUMNS;
    const int tiles = (rows + ROWS - 1) / ROWS;
    const int start = get_global_id(1) * tilesPerGroup;
    const int end = min(tiles, start + tilesPerGroup);
    const int step = get_global_id(2), count = min(depth - step * depthStep, depthPerSplit);
    left += (size_t)step * leftStep;
    right += (size_t)step * rightStep + (size_t)panel * panelStride;
    output += (size_t)step * rows * columns;

    for (int tile = start; tile < end; tile++) {
        __global const float *source[ROWS];
        float16 sum[ROWS][VECTORS], total[ROWS][VECTORS];
        #pragma unroll
        for (int i = 0; i < ROWS; i++) {
            source[i] = left + (size_t)min(tile * ROWS + i, rows - 1) * leftStride;
            #pragma unroll
            for (int j = 0; j < VECTORS; j++) total[i][j] = (float16)(0.0f);
        }
        __global const float *r = right;
        // Runs are summed by themselves: shorter ones round less.
        for (int run = 0; run < count; run += RUN) {
            const int last = min(count, run + RUN);
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
                    for (int j = 0; j < VECTORS; j++) sum[i][j] = fma(factor, value[j], sum[i][j]);
                }
            }
            #pragma unroll
            for (int i = 0; i < ROWS; i++)
                #pragma unroll
                for (int j = 0; j < VECTORS; j++) total[i][j] += sum[i][j];
        }
        float16 offset[VECTORS];
        #pragma unroll
        for (int j = 0; j < VECTORS; j++)
            offset[j] = load_some(bias + first + 16 * j, columns - first - 16 * j);
        #pragma unroll
        for (int i = 0; i < ROWS; i++)
            if (tile * ROWS + i < rows)
                #pragma unroll
                for (int j = 0; j < VECTORS; j++)
                    store_some(total[i][j] + offset[j],
                               output + (size_t)(tile * ROWS + i) * columns + first + 16 * j,
                               columns - first - 16 * j);
    }
}

// The same with the left factor transposed, left [depth, rows]: a sum of outer products, added to
// what the output holds where it accumulates. A work-item owns some tiles and visits all of them
// for one chunk of the depth after the other, so that a chunk stays in the cache. Rows must be at
// least ROWS.
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void multiply_transposed(__global const float *restrict left, __global const float *restrict right,
                         __global const float *restrict bias, __global float *restrict output,
                         int rows, int columns, int depth, int leftStride, int rowStride,
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
            float16 sum[ROWS][VECTORS];
            #pragma unroll
            for (int i = 0; i < ROWS; i++)
                #pragma unroll
                for (int j = 0; j < VECTORS; j++)
                    sum[i][j] = (float16)(0.0f);

            const int end = min(count, chunk + depthPerChunk);
            __global const float *l = left + (size_t)chunk * leftStride + start;
            __global const float *r =
                right + (size_t)panel * panelStride + (size_t)chunk * rowStride;
            for (int k = chunk; k < end; k++) {
                float16 value[VECTORS];
                #pragma unroll
                for (int j = 0; j < VECTORS; j++) value[j] = vload16(j, r);
                #pragma unroll
                for (int i = 0; i < ROWS; i++) {
                    const float16 factor = l[i];
                    #pragma unroll
                    for (int j = 0; j < VECTORS; j++) sum[i][j] = fma(factor, value[j], sum[i][j]);
                }
                l += leftStride;
                r += rowStride;
            }
            // Chunks are summed by themselves too.
            #pragma unroll
            for (int i = 0; i < ROWS; i++) {
                if (start + i < row) continue;
                #pragma unroll
                for (int j = 0; j < VECTORS; j++) {
                    __global float *place = target + (size_t)i * columns + 16 * j;
                    const int width = columns - first - 16 * j;
                    const float16 before = chunk == 0 && !accumulates
                        ? load_some(bias + first + 16 * j, width) : load_some(place, width);
                    store_some(before + sum[i][j], place, width);
                }
            }
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
            float16 sum = load_some(bias + column, columns - column);
            __global const float *source = partials + (size_t)row * columns + column;
            for (int split = 0; split < splits; split++) {
                sum += load_some(source, columns - column);
                source += (size_t)rows * columns;
            }
            store_some(sum, output + (size_t)row * columns + column, columns - column);
        }
}
