// How x · y + z is computed on a device without an fma instruction, which may take hundreds of others
// for one. The host puts this before every kernel file, like common.cl, and defines one of:
// EMULATED_FMA, for the result of an fma in some twenty instructions; SEPARATE_FMA, for a rounded
// product and a sum.

#if defined(EMULATED_FMA) || defined(SEPARATE_FMA)
#undef fma
#endif

#if defined(EMULATED_FMA)

// The rounding errors of the product (Dekker 1971: halves of 12 bits have exact products) and of the
// sum (Knuth's TwoSum) are added again. The bits are those of an fma unless that last
// addition lands on a tie; products below 1e-30 lose bits that would be subnormal.
#define DEFINE_EMULATED_FMA(T, INT)                                                       \
    static __attribute__((overloadable)) T emulated_fma(T x, T y, T z)                    \
    {                                                                                     \
        const T x_high = as_##T(as_##INT(x) & ~0xfff), x_low = x - x_high;                \
        const T y_high = as_##T(as_##INT(y) & ~0xfff), y_low = y - y_high;                \
        const T product = x * y, sum = product + z, added = sum - product;                \
        const T lost_product = x_low * y_low                                              \
            - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low);          \
        const T lost_sum = (product - (sum - added)) + (z - added);                       \
        return isfinite(sum) ? sum + (lost_sum + lost_product) : sum;                     \
    }

DEFINE_EMULATED_FMA(float, int)
DEFINE_EMULATED_FMA(float4, int4)
DEFINE_EMULATED_FMA(float16, int16)
#define fma emulated_fma

#elif defined(SEPARATE_FMA)
#define fma(x, y, z) ((x) * (y) + (z))
#endif
