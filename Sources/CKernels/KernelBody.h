// The kernels for one instruction set. Included by Kernels.c with
//   VARIANT  the suffix of every name,       TARGET  the attribute that selects the instruction set,
//   LANES    floats in one vector register,  GROUP   columns of X that share one load of a difference.
// A tile of 4 rows x GROUP columns of sums fits the registers.

#define INLINE static inline __attribute__((always_inline)) TARGET
#define vf NAME(vector_float)
#define vfu NAME(vector_float_unaligned)
#define vu NAME(vector_bits)
#define vh NAME(vector_half)
#define vd NAME(vector_double)
#define vdu NAME(vector_double_unaligned)
#define vl NAME(vector_long)

typedef float vf __attribute__((vector_size(LANES * 4)));
typedef float vfu __attribute__((vector_size(LANES * 4), aligned(4)));
typedef uint32_t vu __attribute__((vector_size(LANES * 4)));
typedef uint16_t vh __attribute__((vector_size(LANES * 2), aligned(2)));
typedef double vd __attribute__((vector_size(LANES * 8)));
typedef double vdu __attribute__((vector_size(LANES * 8), aligned(8)));
typedef int64_t vl __attribute__((vector_size(LANES * 8)));

// In this order: each needs those before it.
#include "VectorsBody.h"
#include "CensusBody.h"
#include "FusedPassBody.h"
#include "ChangesBody.h"
#include "AdditionBody.h"
#include "ProductsBody.h"

#undef INLINE
#undef vf
#undef vfu
#undef vu
#undef vh
#undef vd
#undef vdu
#undef vl
