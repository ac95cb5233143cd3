#pragma once
#include <tiffio.h>

// libtiff's calls with a variable number of arguments, which Swift cannot make, for the types that
// are needed. Nonzero if there is a value.
static inline int tiffNumber(TIFF *file, uint32_t tag, uint32_t *value) {
    return TIFFGetFieldDefaulted(file, tag, value);
}

static inline int tiffShort(TIFF *file, uint32_t tag, uint16_t *value) {
    return TIFFGetFieldDefaulted(file, tag, value);
}

static inline int tiffExtraSamples(TIFF *file, uint16_t *count, uint16_t **kinds) {
    return TIFFGetFieldDefaulted(file, TIFFTAG_EXTRASAMPLES, count, kinds);
}

static inline int tiffColorMap(TIFF *file, uint16_t **red, uint16_t **green, uint16_t **blue) {
    return TIFFGetField(file, TIFFTAG_COLORMAP, red, green, blue);
}

// JPEG's luminance and colour differences become RGB as they are decoded.
static inline int tiffWantsRGB(TIFF *file) {
    return TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}
