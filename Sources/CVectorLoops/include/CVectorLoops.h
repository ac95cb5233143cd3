// Plain float loops that the compiler vectorises, compiled for several processors and chosen at
// run time: Swift's own SIMD would be built for the baseline processor only.
#pragma once
