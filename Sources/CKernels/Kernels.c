// One body (KernelBody.h), compiled once for each instruction set, and the choice between them.
#include "CKernels.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Functions that return a vector wider than a register are inlined always: no calling convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

enum {
    tile_columns = 512,     // columns that are worked on at once: four rows and a few vectors fit the L1 cache
    flush_rows = 64,        // rows that are summed in single precision before they are added in double
    forward_rows = 32,      // rows that go over one tile of X before the next, where there is nothing but D X
    prefetch_bytes = 1024,  // how far ahead of the work each row is asked for
    cache_line = 64,        // bytes
    align_floats = 16,      // one cache line
    changes_tile = 256,     // columns of one tile of gathered entries: a place is a byte
    changes_rows = 64,      // rows that go over one tile before the next
    changes_step = 4,       // entries of a row and tile are filled up to a multiple of this
};

static size_t padded(size_t columns) { return (columns + 2 * align_floats - 1) / align_floats * align_floats; }

static float *aligned(float *pointer) {
    uintptr_t bytes = align_floats * sizeof(float);
    return (float *)(((uintptr_t)pointer + bytes - 1) / bytes * bytes);
}

static size_t element_size(alpharl_element_type type) {
    switch (type) {
    case alpharl_bfloat16:
    case alpharl_float16: return 2;
    case alpharl_float32: return 4;
    case alpharl_float64: return 8;
    }
    __builtin_unreachable();
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// X and the newest part of Z, padded; D X of four rows in double and in single precision. Or X and D X of more rows.
size_t alpharl_scratch_floats(size_t columns, size_t count, int backward) {
    size_t results = backward ? count * padded(columns) + 3 * 4 * count : 2 * forward_rows * count;
    return count * padded(columns) + results + align_floats;
}

static size_t changes_tiles(size_t columns) { return (columns + changes_tile - 1) / changes_tile; }

size_t alpharl_changes_counts(size_t rows, size_t columns) { return rows * changes_tiles(columns); }

// Every entry may differ, every tile may be filled up, and whole vectors are written.
size_t alpharl_changes_room(size_t rows, size_t columns) {
    return rows * (columns + changes_step * changes_tiles(columns)) + align_floats;
}

size_t alpharl_changes_scratch(size_t width) { return changes_rows * width + (changes_rows * width + 1) / 2; }

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(x) JOIN(x, VARIANT)

#define VARIANT baseline
#define TARGET
#define LANES 4
#define GROUP 2
#include "KernelBody.h"
#undef VARIANT
#undef TARGET
#undef LANES
#undef GROUP

#if defined(__x86_64__)

#define VARIANT v3
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define LANES 8
#define GROUP 2
#include "KernelBody.h"
#undef VARIANT
#undef TARGET
#undef LANES
#undef GROUP

#define VARIANT v4
#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define LANES 16
#define GROUP 6
#include "KernelBody.h"
#undef VARIANT
#undef TARGET
#undef LANES
#undef GROUP

alpharl_instruction_set alpharl_best_instruction_set(void) {
    if (__builtin_cpu_supports("x86-64-v4")) return alpharl_x86_64_v4;
    if (__builtin_cpu_supports("x86-64-v3")) return alpharl_x86_64_v3;
    return alpharl_baseline;
}

#define DISPATCH(function, ...)                                        \
    switch (set) {                                                     \
    case alpharl_x86_64_v4: JOIN(function, v4)(__VA_ARGS__); return;   \
    case alpharl_x86_64_v3: JOIN(function, v3)(__VA_ARGS__); return;   \
    default: JOIN(function, baseline)(__VA_ARGS__); return;            \
    }

#else

alpharl_instruction_set alpharl_best_instruction_set(void) { return alpharl_baseline; }

#define DISPATCH(function, ...) (void)set; JOIN(function, baseline)(__VA_ARGS__);

#endif

void alpharl_fused_pass(
    alpharl_instruction_set set, const alpharl_matrix_pair *pair, float scale, const float *x, size_t count,
    double *y, double *z, alpharl_census *census, float *scratch) {
    DISPATCH(fused_pass, pair, scale, x, count, y, z, census, scratch)
}

void alpharl_gather_changes(
    alpharl_instruction_set set, const alpharl_matrix_pair *pair, float *values, uint8_t *places, uint16_t *counts,
    size_t *written) {
    DISPATCH(gather_changes, pair, values, places, counts, written)
}

void alpharl_packed_width(alpharl_instruction_set set, size_t count, size_t *width) { DISPATCH(packed_width, count, width) }

void alpharl_pack(alpharl_instruction_set set, const float *x, size_t columns, size_t count, float *packed) {
    DISPATCH(pack, x, columns, count, packed)
}

void alpharl_unpack(alpharl_instruction_set set, const double *packed, size_t columns, size_t count, double *z) {
    DISPATCH(unpack, packed, columns, count, z)
}

void alpharl_changes_pass(
    alpharl_instruction_set set, const alpharl_changes *changes, float scale, const float *x, size_t count, double *y,
    size_t y_stride, float *sums, double *z, double *scratch) {
    DISPATCH(changes_pass, changes, scale, x, count, y, y_stride, sums, z, scratch)
}

void alpharl_low_rank_add(
    alpharl_instruction_set set, const void *source, alpharl_element_type source_type, size_t rows, size_t columns,
    const double *coefficients, const float *right, size_t count, const alpharl_dither *dither, void *out,
    alpharl_element_type out_type, int *is_finite) {
    DISPATCH(
        low_rank_add, source, source_type, rows, columns, coefficients, right, count, dither, out, out_type, is_finite)
}

void alpharl_inner_products(
    alpharl_instruction_set set, const float *const *a, size_t a_count, const float *const *b, size_t b_count,
    size_t count, double *out) {
    DISPATCH(inner_products, a, a_count, b, b_count, count, out)
}

void alpharl_add_scaled(
    alpharl_instruction_set set, double weight, const float *vector, size_t count, double *out) {
    DISPATCH(add_scaled, weight, vector, count, out)
}

void alpharl_widen(
    alpharl_instruction_set set, const void *source, alpharl_element_type type, size_t count, double *out) {
    DISPATCH(widen, source, type, count, out)
}

void alpharl_narrow(
    alpharl_instruction_set set, const double *source, size_t count, void *out, alpharl_element_type type) {
    DISPATCH(narrow, source, count, out, type)
}
