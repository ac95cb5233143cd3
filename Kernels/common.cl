// The host puts this before every kernel file, because #include cannot find an embedded file.
//
// VECTOR is the number of neighbouring elements that a work-item takes at a time: 16 on processors,
// whose work-groups are one work-item; on GPUs 4 if it divides the row, else 1.
//
// WHOLE says that rows of channels are whole vectors, so that a processor need not look for ends.
//
// Local memory is an argument, because PoCL 3.1 shares some arrays that a kernel declares and
// passes to functions between its threads. The slabs of tile_local.cl are declared nevertheless,
// because their size is fixed; they were correct with 32 threads.

#ifndef VECTOR
#define VECTOR 1
#endif
#define REGISTER (VECTOR == 16)
#ifndef WHOLE
#define WHOLE (!REGISTER)
#endif

// Vectors of a row in memory, and of a private array. Rows are aligned on GPUs only.
#if VECTOR == 16
typedef float16 floatv;
typedef int16 intv;
#define FROM_ROW(part) vload16(0, part)
#define TO_ROW(x, part) vstore16(x, 0, part)
#define FROM_LANES(part) vload16(0, part)
#define TO_LANES(x, part) vstore16(x, 0, part)
#elif VECTOR == 4
typedef float4 floatv;
typedef int4 intv;
#define FROM_LANES(part) vload4(0, part)
#define TO_LANES(x, part) vstore4(x, 0, part)
#else
typedef float floatv;
typedef int intv;
#define FROM_LANES(part) (*(part))
#define TO_LANES(x, part) (*(part) = (x))
#endif
#if VECTOR != 16
#define FROM_ROW(part) (*(global const floatv *)(part))
#define TO_ROW(x, part) (*(global floatv *)(part) = (x))
#endif

// Elements i ... i + VECTOR - 1 of a row that ends at `end`; `pad` beyond it.
static floatv load_padded(global const float *row, int i, int end, float pad)
{
#if WHOLE
    return FROM_ROW(row + i);
#else
    if (i + VECTOR <= end)
        return FROM_ROW(row + i);
    float part[VECTOR];
    for (int k = 0; k < VECTOR; ++k)
        part[k] = i + k < end ? row[i + k] : pad;
    return FROM_LANES(part);
#endif
}

static floatv load(global const float *row, int i, int end)
{
    return load_padded(row, i, end, 0.0f);
}

// Writes the elements of `x` that lie before `end`.
static void store(floatv x, global float *row, int i, int end)
{
#if WHOLE
    TO_ROW(x, row + i);
#else
    if (i + VECTOR <= end) {
        TO_ROW(x, row + i);
        return;
    }
    float part[VECTOR];
    TO_LANES(x, part);
    for (int k = 0; i + k < end; ++k)
        row[i + k] = part[k];
#endif
}

// Adds `x` to a row, or begins the row with it.
static void accumulate(floatv x, global float *row, int i, int end, bool begin)
{
    store(begin ? x : x + load(row, i, end), row, i, end);
}

// Elements that lie `stride` apart: lane k is element i + k of `end`.
static floatv load_strided(global const float *row, int i, int end, int stride)
{
    float part[VECTOR];
    for (int k = 0; k < VECTOR; ++k)
        part[k] = i + k < end ? row[(i + k) * stride] : 0.0f;
    return FROM_LANES(part);
}

static void store_strided(floatv x, global float *row, int i, int end, int stride)
{
    float part[VECTOR];
    TO_LANES(x, part);
    for (int k = 0; k < VECTOR; ++k)
        if (i + k < end)
            row[(i + k) * stride] = part[k];
}

// A map over `count` elements: a work-item has a run of its own on a processor, and takes turns
// with its neighbours on a GPU.
#if REGISTER
#define FOR_ELEMENTS(i, count, run)                                              \
    for (uint i = get_global_id(0) * (run), i##_end = min(i + (run), (uint)(count)); \
         i < i##_end; i += VECTOR)
#else
#define FOR_ELEMENTS(i, count, run)                                              \
    for (uint i = get_global_id(0) * VECTOR; i < (uint)(count);                  \
         i += get_global_size(0) * VECTOR)
#endif

// The same with one element at a time.
#if REGISTER
#define FOR_SINGLE_ELEMENTS(i, count, run)                                       \
    for (uint i = get_global_id(0) * (run), i##_end = min(i + (run), (uint)(count)); \
         i < i##_end; ++i)
#else
#define FOR_SINGLE_ELEMENTS(i, count, run)                                       \
    for (uint i = get_global_id(0); i < (uint)(count); i += get_global_size(0))
#endif

// A [rows, channels] matrix is dealt out so: along the first axis a work-item takes one vector of
// channels on a GPU, and all of them in turn on a processor; along the second it takes `item_rows`
// rows. A processor sums `ROW_BLOCK` rows in registers at a time and walks memory in its order.
// On a GPU the bodies run once for every item, those past the edge too: they may hold barriers.
#if REGISTER
#define FOR_CHANNELS(c, channels)                                                \
    for (int c = get_global_id(0) * VECTOR; c < (channels); c += get_global_size(0) * VECTOR)
#define ROW_BLOCK 8
#else
#define FOR_CHANNELS(c, channels) for (int c = get_global_id(0) * VECTOR, _ = 1; _; _ = 0)
#define ROW_BLOCK item_rows
#endif
#define FOR_ROW_BLOCKS(block, first)                                             \
    for (int block = first; block < first + item_rows; block += ROW_BLOCK)

// Rows of samples are shared out among one-dimensional groups, a row's elements among the items.
#define FOR_ROWS(row, rows) for (int row = get_group_id(0); row < (rows); row += get_num_groups(0))
#define FOR_FEATURES(i, features)                                                \
    for (int i = get_local_id(0) * VECTOR; i < (features); i += get_local_size(0) * VECTOR)

static float lane_sum(floatv x)
{
#if VECTOR == 16
    float8 a = x.lo + x.hi;
    float4 b = a.lo + a.hi;
    return (b.x + b.y) + (b.z + b.w);
#elif VECTOR == 4
    return (x.x + x.y) + (x.z + x.w);
#else
    return x;
#endif
}

static float lane_max(floatv x)
{
#if VECTOR == 16
    float8 a = fmax(x.lo, x.hi);
    float4 b = fmax(a.lo, a.hi);
    return fmax(fmax(b.x, b.y), fmax(b.z, b.w));
#elif VECTOR == 4
    return fmax(fmax(x.x, x.y), fmax(x.z, x.w));
#else
    return x;
#endif
}

// Over the items of a one-dimensional group; every item gets the result. `buffer` has one element
// per item. All items must call.
static float group_sum(float x, local float *buffer)
{
#if !REGISTER
    const int item = get_local_id(0);
    buffer[item] = x;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int span = get_local_size(0) / 2; span > 0; span /= 2) {
        if (item < span)
            buffer[item] += buffer[item + span];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    x = buffer[0];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    return x;
}

static float group_max(float x, local float *buffer)
{
#if !REGISTER
    const int item = get_local_id(0);
    buffer[item] = x;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int span = get_local_size(0) / 2; span > 0; span /= 2) {
        if (item < span)
            buffer[item] = fmax(buffer[item], buffer[item + span]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    x = buffer[0];
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
    return x;
}

// Over the second axis of a two-dimensional group; the items whose second index is 0 get the
// result.
static floatv column_sum(floatv x, local floatv *buffer)
{
#if !REGISTER
    const int width = get_local_size(0), y = get_local_id(1);
    const int item = y * width + get_local_id(0);
    barrier(CLK_LOCAL_MEM_FENCE);
    buffer[item] = x;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int span = get_local_size(1) / 2; span > 0; span /= 2) {
        if (y < span)
            buffer[item] += buffer[item + span * width];
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    x = buffer[item];
#endif
    return x;
}

// Activations. A slope of 1 is the identity; TANH is tanh.
static floatv activation_value(floatv x, float slope)
{
#ifdef TANH
    return tanh(x);
#else
    return x > 0.0f ? x : slope * x;
#endif
}

static floatv activation_slope(floatv x, float slope)
{
#ifdef TANH
    const floatv y = tanh(x);
    return 1.0f - y * y;
#else
    return x > 0.0f ? (floatv)1.0f : (floatv)slope;
#endif
}

// A batch norm of a vector of channels.
typedef struct {
    floatv scale, shift, mean, inverse;
} Norm;

#define NORM_PARAMETERS                                                          \
    global const float *scale, global const float *shift, global const float *mean, \
        global const float *inverse_deviation
#define NORM(c)                                                                  \
    {load(scale, c, channels), load(shift, c, channels), load(mean, c, channels), \
     load(inverse_deviation, c, channels)}

static floatv normalized_value(Norm norm, floatv x)
{
    return (x - norm.mean) * norm.inverse;
}

// The gradient with respect to the input of a batch norm, from that with respect to its output
// and the two parameters' gradients divided by the number of rows.
static floatv norm_gradient(Norm norm, floatv normalized, floatv gradient, floatv scale_part,
                            floatv shift_part)
{
    return norm.scale * norm.inverse * (gradient - fma(normalized, scale_part, shift_part));
}
