// Windows of an adaptive average pool, and the pixels in them. Like common.cl, put before every
// kernel file by the host.

// Window `row` of an adaptive average pool to size × size, counted over all images. The elements
// from `own_top` and `own_left` on are in no window before it.
typedef struct {
    int image, index, top, bottom, left, right, own_top, own_left;
} Window;

static Window window_of(int row, int height, int width, int size)
{
    const int j = row % size, i = row / size % size;
    Window window = {row / size / size,
                     i * size + j,
                     i * height / size,
                     ((i + 1) * height + size - 1) / size,
                     j * width / size,
                     ((j + 1) * width + size - 1) / size,
                     (i * height + size - 1) / size,
                     (j * width + size - 1) / size};
    return window;
}

static float window_area(Window window)
{
    return (window.bottom - window.top) * (window.right - window.left);
}

// The pixels of a window, shared out along the second axis of the group.
#if REGISTER
#define FOR_WINDOW_PIXELS(window, y, x)                                          \
    for (int y = window.top; y < window.bottom; ++y)                             \
        for (int x = window.left; x < window.right; ++x)
#else
#define FOR_WINDOW_PIXELS(window, y, x)                                          \
    for (int y = window.top, x = window.left + get_local_id(1);                  \
         in_window(window, &y, &x); x += get_local_size(1))
#endif

static bool in_window(Window window, int *y, int *x)
{
    while (*x >= window.right) {
        *x -= window.right - window.left;
        ++*y;
    }
    return *y < window.bottom;
}

// A pixel, and the range of windows that hold it.
typedef struct {
    int image, y, x, top, bottom, left, right, rest;
} Pixel;

static Pixel pixel_at(int row, int height, int width, int size)
{
    const int x = row % width, y = row / width % height;
    Pixel pixel = {row / width / height,
                   y,
                   x,
                   y * size / height,
                   ((y + 1) * size + height - 1) / height,
                   x * size / width,
                   ((x + 1) * size + width - 1) / width,
                   (x + 1) * size % width};
    return pixel;
}

// The next pixel, with no division along a line.
static Pixel pixel_after(Pixel pixel, int row, int height, int width, int size)
{
    if (pixel.x + 1 == width)
        return pixel_at(row + 1, height, width, size);
    pixel.x += 1;
    pixel.left = pixel.rest > 0 ? pixel.right - 1 : pixel.right;
    pixel.right = pixel.left;
    for (pixel.rest += size; pixel.rest >= width; pixel.rest -= width)
        pixel.right += 1;
    pixel.right += pixel.rest > 0;
    return pixel;
}

// The gradient of a pixel, from those of the windows: [batch, size, size, channels].
static floatv gradient_at(Pixel pixel, global const float *gradients, int size, int c,
                          int channels)
{
    floatv gradient = 0.0f;
    for (int i = pixel.top; i < pixel.bottom; ++i)
        for (int j = pixel.left; j < pixel.right; ++j) {
            const size_t row = ((size_t)pixel.image * size + i) * size + j;
            gradient += load(gradients + row * channels, c, channels);
        }
    return gradient;
}
