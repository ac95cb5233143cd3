// The transforms of the weights and of their gradients for Winograd's minimal filtering, see
// winograd_images.cl.

#define EXTENT (OUTPUT + 2)

// Parts of 1 and of √2.
#define THIRD 0.333333333f
#define TWO_THIRDS 0.666666667f
#define SIXTH 0.166666667f
#define THIRD_ROOT 0.471404521f
#define SIXTH_ROOT 0.235702260f

// G g: three weights become EXTENT.
static void transform_filter(const floatv *g, const int from, floatv *u, const int to)
{
    const floatv a = g[0], b = g[from], c = g[2 * from];
    u[0] = a;
    u[(EXTENT - 1) * to] = c;
#if OUTPUT == 2
    const floatv even = 0.5f * (a + c), odd = 0.5f * b;
    u[to] = even + odd;
    u[2 * to] = even - odd;
#else
    const floatv near_even = fma(a, (floatv)-TWO_THIRDS, -THIRD * c), near_odd = -THIRD_ROOT * b;
    const floatv far_even = fma(a, (floatv)SIXTH, THIRD * c), far_odd = SIXTH_ROOT * b;
    u[to] = near_even + near_odd;
    u[2 * to] = near_even - near_odd;
    u[3 * to] = far_even + far_odd;
    u[4 * to] = far_even - far_odd;
#endif
}

// Gᵀ u: EXTENT gradients become three.
static void gather_filter(const floatv *u, const int from, floatv *g, const int to)
{
    const floatv even = u[from] + u[2 * from], odd = u[from] - u[2 * from];
#if OUTPUT == 2
    g[0] = fma(even, (floatv)0.5f, u[0]);
    g[to] = 0.5f * odd;
    g[2 * to] = fma(even, (floatv)0.5f, u[3 * from]);
#else
    const floatv far_even = u[3 * from] + u[4 * from], far_odd = u[3 * from] - u[4 * from];
    g[0] = u[0] + fma(even, (floatv)-TWO_THIRDS, SIXTH * far_even);
    g[to] = fma(odd, (floatv)-THIRD_ROOT, SIXTH_ROOT * far_odd);
    g[2 * to] = fma(far_even - even, (floatv)THIRD, u[5 * from]);
#endif
}

// U = G g Gᵀ for every input channel and output, from weights [tap][row][channels]. With `flipped`
// channels and outputs are exchanged and the taps flipped: rows are outputs then, and the
// channels of a vector lie `rows` apart.
//
// The result is [position][panel][row][panel_width]: the right factors of the products as they want
// them, zeros beyond the last channel.
kernel void transform_weights(global const float *weights, global float *transformed,
                              const int rows, const int channels, const int item_rows,
                              const int panel_width, const int flipped)
{
    const int panels = (channels + panel_width - 1) / panel_width;
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    FOR_CHANNELS(c, panels * panel_width) {
        if (c >= panels * panel_width)
            continue;
        for (int row = first; row < end; ++row) {
            floatv u[EXTENT * 3];
            #pragma unroll
            for (int j = 0; j < 3; ++j) {
                floatv g[3];
                #pragma unroll
                for (int i = 0; i < 3; ++i) {
                    const int tap = flipped ? 8 - (i * 3 + j) : i * 3 + j;
                    if (c >= channels)
                        g[i] = 0.0f;
                    else if (flipped)
                        g[i] = load_strided(weights + (size_t)tap * channels * rows + row, c,
                                            channels, rows);
                    else
                        g[i] = load(weights + ((size_t)tap * rows + row) * channels, c, channels);
                }
                transform_filter(g, 1, u + j, 3);
            }
            global float *target = transformed
                + ((size_t)(c / panel_width) * rows + row) * panel_width + c % panel_width;
            #pragma unroll
            for (int i = 0; i < EXTENT; ++i) {
                floatv line[EXTENT];
                transform_filter(u + i * 3, 1, line, 1);
                #pragma unroll
                for (int j = 0; j < EXTENT; ++j)
                    store(line[j],
                          target + (size_t)(i * EXTENT + j) * panels * panel_width * rows, 0,
                          VECTOR);
            }
        }
    }
}

// dg = Gᵀ dU G: from [position][row][channels] to [tap][row][channels].
kernel void gather_weight_gradient(global const float *products, global float *gradient,
                                   const int rows, const int channels, const int item_rows)
{
    const int first = get_global_id(1) * item_rows, end = min(rows, first + item_rows);
    for (int row = first; row < end; ++row)
        FOR_CHANNELS(c, channels) {
            if (c >= channels)
                continue;
            floatv lines[3 * EXTENT];
            #pragma unroll
            for (int j = 0; j < EXTENT; ++j) {
                floatv u[EXTENT];
                #pragma unroll
                for (int i = 0; i < EXTENT; ++i)
                    u[i] = load(products + ((size_t)(i * EXTENT + j) * rows + row) * channels, c,
                                channels);
                gather_filter(u, 1, lines + j, EXTENT);
            }
            #pragma unroll
            for (int i = 0; i < 3; ++i) {
                floatv g[3];
                gather_filter(lines + i * EXTENT, 1, g, 1);
                #pragma unroll
                for (int j = 0; j < 3; ++j)
                    store(g[j], gradient + ((size_t)(i * 3 + j) * rows + row) * channels, c,
                          channels);
            }
        }
}
