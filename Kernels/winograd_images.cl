// The transforms of Winograd's minimal filtering F(OUTPUT × OUTPUT, 3 × 3) (Lavin & Gray 2016) for
// convolutions of stride 1; the products between them are batches of plain matrix products.
//
//     forward           Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A
//     weight gradient   dg = Gᵀ [Σ_tiles (A dY Aᵀ) ⊙ (Bᵀ d B)] G, the exact adjoint
//
// The points are 0, ±1, ∞ for OUTPUT 2, and for OUTPUT 4 0, ±√½, ±√2, ∞: of those that were tried
// they round least in float32. Matrices in rows of points ± r share their sums and differences.
//
// A tile is EXTENT × EXTENT, so it has TILE_POSITIONS elements. Transformed images lie as
// [position][panel][tile][width], in panels of `width` channels or all in one. Work-items take rows
// of tiles and vectors of channels, see common.cl.

#define EXTENT (OUTPUT + 2)
#define TILE_POSITIONS (EXTENT * EXTENT)

// r = √2, and its multiples in the matrices.
#define ROOT_TWO 1.414213562f
#define ROOT_HALF 0.707106781f
#define QUARTER_ROOT 0.353553391f
#define TWICE_ROOT 2.828427125f

// Bᵀ x for the tile's elements x[0], x[step], ...
static void transform_samples(floatv *x, const int step)
{
#if OUTPUT == 2
    const floatv a = x[0] - x[2 * step], b = x[step] + x[2 * step];
    const floatv c = x[2 * step] - x[step], d = x[step] - x[3 * step];
    x[0] = a;
    x[step] = b;
    x[2 * step] = c;
    x[3 * step] = d;
#else
    const floatv a = x[0], b = x[step], c = x[2 * step], d = x[3 * step];
    const floatv e = x[4 * step], f = x[5 * step];
    const floatv near_even = fma(c, (floatv)-2.0f, e), far_even = fma(c, (floatv)-0.5f, e);
    const floatv near_odd = fma(d, (floatv)ROOT_HALF, -ROOT_TWO * b);
    const floatv far_odd = fma(d, (floatv)ROOT_TWO, -ROOT_HALF * b);
    x[0] = fma(c, (floatv)-2.5f, a + e);
    x[step] = near_even + near_odd;
    x[2 * step] = near_even - near_odd;
    x[3 * step] = far_even + far_odd;
    x[4 * step] = far_even - far_odd;
    x[5 * step] = fma(d, (floatv)-2.5f, b + f);
#endif
}

// Aᵀ m: EXTENT products become OUTPUT results.
static void gather_outputs(const floatv *m, const int from, floatv *y, const int to)
{
    const floatv even = m[from] + m[2 * from], odd = m[from] - m[2 * from];
#if OUTPUT == 2
    y[0] = m[0] + even;
    y[to] = odd - m[3 * from];
#else
    const floatv far_even = m[3 * from] + m[4 * from], far_odd = m[3 * from] - m[4 * from];
    y[0] = m[0] + (even + far_even);
    y[to] = fma(odd, (floatv)ROOT_HALF, ROOT_TWO * far_odd);
    y[2 * to] = fma(even, (floatv)0.5f, 2.0f * far_even);
    y[3 * to] = fma(odd, (floatv)QUARTER_ROOT, fma(far_odd, (floatv)TWICE_ROOT, m[5 * from]));
#endif
}

// A y: OUTPUT gradients become EXTENT.
static void spread_gradients(const floatv *y, const int from, floatv *d, const int to)
{
    const floatv a = y[0], b = y[from];
    d[0] = a;
#if OUTPUT == 2
    d[to] = a + b;
    d[2 * to] = a - b;
    d[3 * to] = -b;
#else
    const floatv c = y[2 * from], e = y[3 * from];
    const floatv near_even = fma(c, (floatv)0.5f, a), far_even = fma(c, (floatv)2.0f, a);
    const floatv near_odd = fma(e, (floatv)QUARTER_ROOT, ROOT_HALF * b);
    const floatv far_odd = fma(e, (floatv)TWICE_ROOT, ROOT_TWO * b);
    d[to] = near_even + near_odd;
    d[2 * to] = near_even - near_odd;
    d[3 * to] = far_even + far_odd;
    d[4 * to] = far_even - far_odd;
    d[5 * to] = e;
#endif
}

// A tile of an image that `down` × `across` of them cover.
#define TILE_CORNER(tile)                                                        \
    const int left = (tile) % across * OUTPUT, top = (tile) / across % down * OUTPUT; \
    const int image = (tile) / across / down

// The address of the tile's channels c ... for the first position, and the stride of its positions.
#define TRANSFORMED(transformed, row, c)                                         \
    const int panels = (channels + width_of_panel - 1) / width_of_panel;         \
    const int lane = (c) % width_of_panel, lane_end = lane + channels - (c);     \
    const size_t position_stride = (size_t)panels * rows * width_of_panel;       \
    global float *target =                                                       \
        transformed + ((size_t)((c) / width_of_panel) * rows + (row)) * width_of_panel

// V = Bᵀ d B of the tiles from `first_tile` on; `zeros` are read around the image.
kernel void transform_input(global const float *input, global const float *zeros,
                            global float *transformed, const int rows, const int channels,
                            const int item_rows, const int first_tile, const int height,
                            const int width, const int down, const int across,
                            const int padding, const int width_of_panel)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        TILE_CORNER(first_tile + row);
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            floatv x[TILE_POSITIONS];
            #pragma unroll
            for (int j = 0; j < EXTENT; ++j) {
                #pragma unroll
                for (int i = 0; i < EXTENT; ++i) {
                    const int v = top - padding + i, u = left - padding + j;
                    const bool inside = v >= 0 && v < height && u >= 0 && u < width;
                    const size_t pixel = ((size_t)image * height + v) * width + u;
                    x[i * EXTENT + j]
                        = load(inside ? input + pixel * channels : zeros, c, channels);
                }
                transform_samples(x + j, EXTENT);
            }
            #pragma unroll
            for (int i = 0; i < EXTENT; ++i)
                transform_samples(x + i * EXTENT, 1);
            TRANSFORMED(transformed, row, c);
            #pragma unroll
            for (int k = 0; k < TILE_POSITIONS; ++k)
                store(x[k], target + k * position_stride, lane, lane_end);
        }
    }
}

// D = A dY Aᵀ of the tiles from `first_tile` on.
kernel void transform_gradient(global const float *gradient, global const float *zeros,
                               global float *transformed, const int rows, const int channels,
                               const int item_rows, const int first_tile, const int height,
                               const int width, const int down, const int across,
                               const int width_of_panel)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        TILE_CORNER(first_tile + row);
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            floatv d[EXTENT * OUTPUT];
            #pragma unroll
            for (int j = 0; j < OUTPUT; ++j) {
                floatv y[OUTPUT];
                #pragma unroll
                for (int i = 0; i < OUTPUT; ++i) {
                    const size_t pixel = ((size_t)image * height + top + i) * width + left + j;
                    const bool inside = top + i < height && left + j < width;
                    y[i] = load(inside ? gradient + pixel * channels : zeros, c, channels);
                }
                spread_gradients(y, 1, d + j, OUTPUT);
            }
            TRANSFORMED(transformed, row, c);
            #pragma unroll
            for (int i = 0; i < EXTENT; ++i) {
                floatv line[EXTENT];
                spread_gradients(d + i * OUTPUT, 1, line, 1);
                #pragma unroll
                for (int j = 0; j < EXTENT; ++j)
                    store(line[j], target + (i * EXTENT + j) * position_stride, lane, lane_end);
            }
        }
    }
}

// Y = Aᵀ M A + bias of the tiles from `first_tile` on, for the pixels that lie in the image.
kernel void transform_output(global const float *products, global const float *bias,
                             global float *output, const int rows, const int channels,
                             const int item_rows, const int first_tile, const int height,
                             const int width, const int down, const int across)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row) {
        TILE_CORNER(first_tile + row);
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            const floatv offset = load(bias, c, channels);
            floatv lines[OUTPUT * EXTENT];
            #pragma unroll
            for (int j = 0; j < EXTENT; ++j) {
                floatv m[EXTENT];
                #pragma unroll
                for (int i = 0; i < EXTENT; ++i)
                    m[i] = load(products + ((size_t)(i * EXTENT + j) * rows + row) * channels, c,
                                channels);
                gather_outputs(m, 1, lines + j, EXTENT);
            }
            #pragma unroll
            for (int i = 0; i < OUTPUT; ++i) {
                floatv y[OUTPUT];
                gather_outputs(lines + i * EXTENT, 1, y, 1);
                #pragma unroll
                for (int j = 0; j < OUTPUT; ++j)
                    if (top + i < height && left + j < width)
                        store(y[j] + offset,
                              output + (((size_t)image * height + top + i) * width + left + j)
                                  * channels, c, channels);
            }
        }
    }
}
