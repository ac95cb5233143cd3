// How x · y + z is computed where a device has no instruction for fma, and may take hundreds of
// others for one. Like common.cl, put before every kernel file by the host, which says how:
// FUSED_IN_PARTS, as an fma would, in some twenty; UNFUSED, with the product rounded, in two.

#if defined(FUSED_IN_PARTS) || defined(UNFUSED)
#undef fma
#endif

#if defined(FUSED_IN_PARTS)

// What rounding took from the product (Dekker 1971: halves of 12 bits have exact products) and
// from the sum (Knuth's TwoSum) is added again. The bits are those of an fma unless that last
// addition lands on a tie; products below 1e-30 lose what would not be a normal number.
#define DEFINE_FUSED(T, INT)                                                              \
    static __attribute__((overloadable)) T fused(T x, T y, T z)                           \
    {                                                                                     \
        const T x_high = as_##T(as_##INT(x) & ~0xfff), x_low = x - x_high;                \
        const T y_high = as_##T(as_##INT(y) & ~0xfff), y_low = y - y_high;                \
        const T product = x * y, sum = product + z, added = sum - product;                \
        const T lost_product = x_low * y_low                                              \
            - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low);          \
        const T lost_sum = (product - (sum - added)) + (z - added);                       \
        return isfinite(sum) ? sum + (lost_sum + lost_product) : sum;                     \
    }

DEFINE_FUSED(float, int)
DEFINE_FUSED(float4, int4)
DEFINE_FUSED(float16, int16)
#define fma fused

#elif defined(UNFUSED)
#define fma(x, y, z) ((x) * (y) + (z))
#endif
