#pragma once
/// Plain float loops for the CPU backend, compiled for several processors and chosen at run time:
/// Swift's own SIMD would be built for the baseline processor only.
///
/// All pointers are to float32 unless said otherwise, all extents are counts of elements. Rows are
/// contiguous and hold `channels` elements. A function works on the part that its caller, one of
/// several threads, hands to it; sums are returned as partial sums, for the caller to add in order.

#include "vector_convolution.h"
#include "vector_elementwise.h"
#include "vector_local_loss.h"
#include "vector_loss.h"
#include "vector_normalization.h"
#include "vector_optimizer.h"
#include "vector_pooling.h"
#include "vector_winograd.h"
