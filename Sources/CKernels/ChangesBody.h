// The entries in which two matrices differ, gathered once, and products with them alone.
// Included by KernelBody.h, once for each instruction set.

// Vectors of 8 floats, or of a register's where that is smaller.
#if LANES > 8
#define NARROW 8
#else
#define NARROW LANES
#endif
#define nf NAME(narrow_float)
#define nfu NAME(narrow_float_unaligned)
#define nd NAME(narrow_double)
typedef float nf __attribute__((vector_size(NARROW * 4)));
typedef float nfu __attribute__((vector_size(NARROW * 4), aligned(4)));
typedef double nd __attribute__((vector_size(NARROW * 8), aligned(8)));

// What a few tiles later will need.
INLINE void NAME(ask_ahead)(const float *values, const uint8_t *places) {
    for (size_t line = 0; line < 4; line++) __builtin_prefetch(values + 1024 + line * align_floats);
    __builtin_prefetch(places + 1024);
}

// Writes those of one vector of differences that are not zero, and what is written beyond them is overwritten by the next.
INLINE size_t NAME(keep_changed)(vf d, size_t place, float *values, uint8_t *places) {
#if LANES == 16
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    __mmask16 changed = _mm512_cmp_ps_mask((__m512)d, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    __m512i own = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)place));
    _mm512_storeu_ps(values, _mm512_maskz_compress_ps(changed, (__m512)d));
    _mm_storeu_si128((__m128i *)places, _mm512_cvtepi32_epi8(_mm512_maskz_compress_epi32(changed, own)));
    return (size_t)__builtin_popcount(changed);
#else
    size_t count = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        values[count] = d[lane];
        places[count] = (uint8_t)(place + lane);
        count += d[lane] != 0;
    }
    return count;
#endif
}

// One row of a tile, filled up with zeros to a multiple of `changes_step`. Returns how many entries were written.
INLINE size_t NAME(gather_row)(
    const char *base, alpharl_element_type base_type, const char *checkpoint, alpharl_element_type checkpoint_type,
    size_t columns, size_t row_columns, float *values, uint8_t *places) {
    size_t base_size = element_size(base_type), checkpoint_size = element_size(checkpoint_type), count = 0, c = 0;
    for (; c + LANES <= columns; c += LANES) {
        const char *old = base + c * base_size, *new = checkpoint + c * checkpoint_size;
        __builtin_prefetch(old + row_columns * base_size);
        __builtin_prefetch(new + row_columns * checkpoint_size);
        vf d = NAME(difference)(old, base_type, new, checkpoint_type);
        count += NAME(keep_changed)(d, c, values + count, places + count);
    }
    if (c < columns) {
        NAME(rest) rest;
        NAME(copy_rest)(
            base + c * base_size, base_size, checkpoint + c * checkpoint_size, checkpoint_size, columns - c, &rest);
        vf d = NAME(difference)(rest.base, base_type, rest.checkpoint, checkpoint_type);
        count += NAME(keep_changed)(d, c, values + count, places + count);
    }
    while (count % changes_step != 0) {
        values[count] = 0;
        places[count++] = 0;
    }
    return count;
}

INLINE size_t NAME(gather_as)(
    const alpharl_matrix_pair *pair, alpharl_element_type base_type, alpharl_element_type checkpoint_type, float *values,
    uint8_t *places, uint16_t *counts) {
    size_t written = 0;
    for (size_t first = 0; first < pair->rows; first += changes_rows)
        for (size_t from = 0; from < pair->columns; from += changes_tile)
            for (size_t row = first; row < smaller(first + changes_rows, pair->rows); row++) {
                size_t index = row * pair->columns + from;
                size_t count = NAME(gather_row)(
                    (const char *)pair->base + index * element_size(base_type), base_type,
                    (const char *)pair->checkpoint + index * element_size(checkpoint_type), checkpoint_type,
                    smaller(changes_tile, pair->columns - from), pair->columns, values + written, places + written);
                *counts++ = (uint16_t)count;
                written += count;
            }
    return written;
}

TARGET static void NAME(gather_changes)(
    const alpharl_matrix_pair *pair, float *values, uint8_t *places, uint16_t *counts, size_t *written) {
    if (pair->base_type == alpharl_bfloat16 && pair->checkpoint_type == alpharl_bfloat16)
        *written = NAME(gather_as)(pair, alpharl_bfloat16, alpharl_bfloat16, values, places, counts);
    else
        *written = NAME(gather_as)(pair, pair->base_type, pair->checkpoint_type, values, places, counts);
}

#define GV vf
#define GU vfu
#define GD vdu
#define GL LANES
#define G(name) NAME(wide_##name)
#include "ChangesGroupBody.h"
#undef GV
#undef GU
#undef GD
#undef GL
#undef G

#define GV nf
#define GU nfu
#define GD nd
#define GL NARROW
#define G(name) NAME(narrow_##name)
#include "ChangesGroupBody.h"
#undef GV
#undef GU
#undef GD
#undef GL
#undef G

// How many of `count` vectors lie side by side in the next group.
INLINE size_t NAME(group_width)(size_t count) {
    if (count <= NARROW) return NARROW;
    return smaller((count + LANES - 1) / LANES, 3) * LANES;
}

TARGET static void NAME(packed_width)(size_t count, size_t *width) {
    *width = 0;
    while (*width < count) *width += NAME(group_width)(count - *width);
}

TARGET static void NAME(pack)(const float *x, size_t columns, size_t count, float *packed) {
    for (size_t first = 0, width; first < count; first += width) {
        width = NAME(group_width)(count - first);
        for (size_t c = 0; c < columns; c++)
            for (size_t j = 0; j < width; j++)
                packed[first * columns + c * width + j] = first + j < count ? x[(first + j) * columns + c] : 0;
    }
}

TARGET static void NAME(unpack)(const double *packed, size_t columns, size_t count, double *z) {
    for (size_t first = 0, width; first < count; first += width) {
        width = NAME(group_width)(count - first);
        for (size_t j = 0; j < width && first + j < count; j++)
            for (size_t c = 0; c < columns; c++) z[(first + j) * columns + c] = packed[first * columns + c * width + j];
    }
}

// D X of the rows of one group, `all` numbers a row, from zero.
TARGET static void NAME(changes_forward)(
    const alpharl_changes *changes, size_t rows, const float *x, size_t count, size_t all, double *y) {
    memset(y, 0, rows * all * sizeof *y);
    for (size_t first = 0, width; first < count; first += width) {
        width = NAME(group_width)(count - first);
        const float *own = x + first * changes->columns;
        if (width < LANES) NAME(narrow_group_dots)(changes, changes->columns, rows, own, 1, y + first, all);
        else if (width == LANES) NAME(wide_group_dots)(changes, changes->columns, rows, own, 1, y + first, all);
        else if (width == 2 * LANES) NAME(wide_group_dots)(changes, changes->columns, rows, own, 2, y + first, all);
        else NAME(wide_group_dots)(changes, changes->columns, rows, own, 3, y + first, all);
    }
}

TARGET static void NAME(changes_backward)(
    const alpharl_changes *changes, size_t rows, const float *y, size_t count, size_t all, float *sums) {
    for (size_t first = 0, width; first < count; first += width) {
        width = NAME(group_width)(count - first);
        float *own = sums + first * changes->columns;
        if (width < LANES) NAME(narrow_group_sums)(changes, changes->columns, rows, y + first, all, 1, own);
        else if (width == LANES) NAME(wide_group_sums)(changes, changes->columns, rows, y + first, all, 1, own);
        else if (width == 2 * LANES) NAME(wide_group_sums)(changes, changes->columns, rows, y + first, all, 2, own);
        else NAME(wide_group_sums)(changes, changes->columns, rows, y + first, all, 3, own);
    }
}

INLINE alpharl_changes NAME(next_group)(const alpharl_changes *changes, size_t rows) {
    alpharl_changes next = *changes;
    size_t tiles = (changes->columns + changes_tile - 1) / changes_tile, count = 0;
    for (size_t i = 0; i < rows * tiles; i++) count += changes->counts[i];
    next.values += count;
    next.places += count;
    next.counts += rows * tiles;
    next.rows -= rows;
    return next;
}

TARGET static void NAME(changes_pass)(
    const alpharl_changes *changes, float scale, const float *x, size_t count, double *y, size_t y_stride, float *sums,
    double *z, double *scratch) {
    size_t all;
    NAME(packed_width)(count, &all);
    float *single = (float *)(scratch + changes_rows * all);
    for (alpharl_changes left = *changes; left.rows > 0;) {
        size_t rows = smaller(changes_rows, left.rows), first = changes->rows - left.rows;
        NAME(changes_forward)(&left, rows, x, count, all, scratch);
        for (size_t i = 0; i < rows * all; i++) scratch[i] *= scale;
        for (size_t j = 0; j < count; j++)
            for (size_t row = 0; row < rows; row++) y[j * y_stride + first + row] = scratch[row * all + j];
        if (z) {
            for (size_t i = 0; i < rows * all; i++) single[i] = (float)(scratch[i] * scale);
            NAME(changes_backward)(&left, rows, single, count, all, sums);
            for (size_t i = 0; i < changes->columns * all; i++) {
                z[i] += (double)sums[i];
                sums[i] = 0;
            }
        }
        left = NAME(next_group)(&left, rows);
    }
}

#undef NARROW
#undef nf
#undef nfu
#undef nd
