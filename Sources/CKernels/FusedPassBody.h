// D X and D^T Y in one sweep over both matrices.
// Included by KernelBody.h, once for each instruction set.

// Four rows of the pair. Their differences are computed anew for every few vectors, in registers: reading the
// weights again from the cache costs less than writing the differences down.
typedef struct {
    const char *base[4], *checkpoint[4];
    alpharl_element_type base_type, checkpoint_type;
} NAME(rows);

// The differences of four rows at one vector of columns.
INLINE void NAME(four_differences)(
    const char *const base[4], alpharl_element_type base_type, const char *const checkpoint[4],
    alpharl_element_type checkpoint_type, vf d[4]) {
    for (int r = 0; r < 4; r++) d[r] = NAME(difference)(base[r], base_type, checkpoint[r], checkpoint_type);
}

// The same at column c, which is far from the end of the rows; asks for what comes later.
INLINE void NAME(inner_differences)(
    const NAME(rows) *rows, alpharl_element_type base_type, alpharl_element_type checkpoint_type, size_t c, int ask,
    vf d[4]) {
    const char *base[4], *checkpoint[4];
    for (int r = 0; r < 4; r++) {
        base[r] = rows->base[r] + c * element_size(base_type);
        checkpoint[r] = rows->checkpoint[r] + c * element_size(checkpoint_type);
        if (ask) __builtin_prefetch(base[r] + prefetch_bytes);
        if (ask) __builtin_prefetch(checkpoint[r] + prefetch_bytes);
    }
    NAME(four_differences)(base, base_type, checkpoint, checkpoint_type, d);
}

// The same for the last `count` columns, fewer than a vector, from c; zero beyond them.
INLINE void NAME(last_differences)(
    const NAME(rows) *rows, alpharl_element_type base_type, alpharl_element_type checkpoint_type, size_t c,
    size_t count, vf d[4]) {
    size_t base_size = element_size(base_type), checkpoint_size = element_size(checkpoint_type);
    NAME(rest) rest[4];
    const char *base[4], *checkpoint[4];
    for (int r = 0; r < 4; r++) {
        NAME(copy_rest)(
            rows->base[r] + c * base_size, base_size, rows->checkpoint[r] + c * checkpoint_size, checkpoint_size, count,
            &rest[r]);
        base[r] = rest[r].base;
        checkpoint[r] = rest[r].checkpoint;
    }
    NAME(four_differences)(base, base_type, checkpoint, checkpoint_type, d);
}

INLINE void NAME(add_products)(const vf d[4], const float *x, size_t stride, int group, vf sums[4][GROUP]) {
    for (int j = 0; j < group; j++) {
        vf column = *(const vfu *)(x + j * stride);
        for (int r = 0; r < 4; r++) sums[r][j] += d[r] * column;
    }
}

// What one call works on: columns from..<to of four rows, and vectors of X or Z from `first` of `count`.
typedef struct {
    size_t from, to, first, group, count, stride;
} NAME(part);

// y[row * count + j] += d[row] . x[j], for `group` vectors.
INLINE void NAME(dots)(
    const NAME(rows) *rows, alpharl_element_type base_type, alpharl_element_type checkpoint_type,
    const NAME(part) *part, int group, const float *x, double *y) {
    vf sums[4][GROUP] = {}, d[4];
    size_t c = part->from;
    int ask = part->first == 0;
    x += part->first * part->stride;
    y += part->first;
    for (; c + LANES <= part->to; c += LANES) {
        NAME(inner_differences)(rows, base_type, checkpoint_type, c, ask, d);
        NAME(add_products)(d, x + c, part->stride, group, sums);
    }
    if (c < part->to) {
        NAME(last_differences)(rows, base_type, checkpoint_type, c, part->to - c, d);
        NAME(add_products)(d, x + c, part->stride, group, sums);
    }
    for (int r = 0; r < 4; r++)
        for (int j = 0; j < group; j++) y[r * part->count + j] += (double)NAME(sum)(sums[r][j]);
}

INLINE void NAME(add_rows)(const vf d[4], vf weights[4][GROUP], int group, float *z, size_t stride) {
    for (int j = 0; j < group; j++) {
        vf sum = *(const vfu *)(z + j * stride);
        for (int r = 0; r < 4; r++) sum += d[r] * weights[r][j];
        *(vfu *)(z + j * stride) = sum;
    }
}

// z[j] += sum over the four rows of d[row] * y[row * count + j], for `group` vectors.
INLINE void NAME(axpys)(
    const NAME(rows) *rows, alpharl_element_type base_type, alpharl_element_type checkpoint_type,
    const NAME(part) *part, int group, const float *y, float *z) {
    vf weights[4][GROUP], d[4];
    size_t c = part->from;
    z += part->first * part->stride;
    for (int r = 0; r < 4; r++)
        for (int j = 0; j < group; j++) weights[r][j] = (vf){} + y[r * part->count + part->first + j];
    for (; c + LANES <= part->to; c += LANES) {
        NAME(inner_differences)(rows, base_type, checkpoint_type, c, 0, d);
        NAME(add_rows)(d, weights, group, z + c, part->stride);
    }
    if (c < part->to) {
        NAME(last_differences)(rows, base_type, checkpoint_type, c, part->to - c, d);
        NAME(add_rows)(d, weights, group, z + c, part->stride);
    }
}

// CALL(base type, checkpoint type, group) with all three known to the compiler; for unusual types, only the group.
#if GROUP == 6
#define FOR_GROUP(CALL, base, checkpoint, number)       \
    switch (number) {                                   \
    case 1: CALL(base, checkpoint, 1); break;           \
    case 2: CALL(base, checkpoint, 2); break;           \
    case 3: CALL(base, checkpoint, 3); break;           \
    case 4: CALL(base, checkpoint, 4); break;           \
    case 5: CALL(base, checkpoint, 5); break;           \
    default: CALL(base, checkpoint, 6); break;          \
    }
#else
#define FOR_GROUP(CALL, base, checkpoint, number)       \
    switch (number) {                                   \
    case 1: CALL(base, checkpoint, 1); break;           \
    default: CALL(base, checkpoint, 2); break;          \
    }
#endif
#define FOR_TYPES(CALL, rows, number)                                                           \
    if (rows->base_type == alpharl_bfloat16 && rows->checkpoint_type == alpharl_bfloat16)       \
        FOR_GROUP(CALL, alpharl_bfloat16, alpharl_bfloat16, number)                             \
    else if (rows->base_type == alpharl_float32 && rows->checkpoint_type == alpharl_float32)    \
        FOR_GROUP(CALL, alpharl_float32, alpharl_float32, number)                               \
    else if (rows->base_type == alpharl_float16 && rows->checkpoint_type == alpharl_float16)    \
        FOR_GROUP(CALL, alpharl_float16, alpharl_float16, number)                               \
    else if (rows->base_type == alpharl_bfloat16 && rows->checkpoint_type == alpharl_float32)   \
        FOR_GROUP(CALL, alpharl_bfloat16, alpharl_float32, number)                              \
    else                                                                                        \
        FOR_GROUP(CALL, rows->base_type, rows->checkpoint_type, number)

TARGET static void NAME(dots_of_part)(const NAME(rows) *rows, const NAME(part) *part, const float *x, double *y) {
#define CALL(base, checkpoint, group) NAME(dots)(rows, base, checkpoint, part, group, x, y)
    FOR_TYPES(CALL, rows, smaller(part->group, part->count - part->first))
#undef CALL
}

TARGET static void NAME(axpys_of_part)(const NAME(rows) *rows, const NAME(part) *part, const float *y, float *z) {
#define CALL(base, checkpoint, group) NAME(axpys)(rows, base, checkpoint, part, group, y, z)
    FOR_TYPES(CALL, rows, smaller(part->group, part->count - part->first))
#undef CALL
}
#undef FOR_TYPES
#undef FOR_GROUP

// Everything that a pass holds, laid out in the caller's scratch.
typedef struct {
    const alpharl_matrix_pair *pair;
    double scale;
    size_t count, group;   // vectors of X, and how many of them are worked on at once
    size_t stride;         // floats from one padded vector to the next
    float *x, *sums;       // X and the newest part of Z
    double *y;             // D X of four rows
    float *y_single;
} NAME(state);

// Without `backward` there are no sums, and `y` has room for `forward_rows` rows.
TARGET static NAME(state) NAME(prepare)(
    const alpharl_matrix_pair *pair, float scale, const float *x, size_t count, int backward, float *scratch) {
    size_t groups = (count + GROUP - 1) / GROUP;
    NAME(state) s = {.pair = pair, .scale = scale, .count = count, .stride = padded(pair->columns)};
    s.group = groups > 0 ? (count + groups - 1) / groups : 0;
    s.x = aligned(scratch);
    s.sums = s.x + count * s.stride;
    s.y = (double *)(s.sums + (backward ? count * s.stride : 0));
    s.y_single = (float *)(s.y + 4 * count);
    memset(s.x, 0, (backward ? 2 : 1) * count * s.stride * sizeof(float));
    for (size_t j = 0; j < count; j++)
        memcpy(s.x + j * s.stride, x + j * pair->columns, pair->columns * sizeof(float));
    return s;
}

// Four rows from `first`. Where the matrix ends before, its last row stands in; what it gives is not used.
INLINE NAME(rows) NAME(rows_from)(const alpharl_matrix_pair *pair, size_t first) {
    NAME(rows) rows = {.base_type = pair->base_type, .checkpoint_type = pair->checkpoint_type};
    for (size_t r = 0; r < 4; r++) {
        size_t index = smaller(first + r, pair->rows - 1) * pair->columns;
        rows.base[r] = (const char *)pair->base + index * element_size(pair->base_type);
        rows.checkpoint[r] = (const char *)pair->checkpoint + index * element_size(pair->checkpoint_type);
    }
    return rows;
}

TARGET static void NAME(count_rows)(
    const NAME(state) *s, const NAME(rows) *rows, size_t first, size_t from, size_t to, alpharl_census *census) {
    for (size_t r = 0; r < smaller(4, s->pair->rows - first); r++) {
        NAME(tile) tile = {
            .base = rows->base[r] + from * element_size(rows->base_type),
            .checkpoint = rows->checkpoint[r] + from * element_size(rows->checkpoint_type),
            .base_type = rows->base_type, .checkpoint_type = rows->checkpoint_type, .columns = to - from};
        NAME(count)(&tile, (uint64_t)(first + r) * s->pair->columns + from, census);
    }
}

// y[row * count + j] += D X of four rows over the columns from..<to.
TARGET static void NAME(dots_of_tile)(
    const NAME(state) *s, const NAME(rows) *rows, size_t from, size_t to, double *y) {
    NAME(part) part = {.from = from, .to = to, .group = s->group, .count = s->count, .stride = s->stride};
    for (; part.first < s->count; part.first += s->group) NAME(dots_of_part)(rows, &part, s->x, y);
}

// D X of four rows, and their census where asked for.
TARGET static void NAME(forward)(
    const NAME(state) *s, const NAME(rows) *rows, size_t first, alpharl_census *census) {
    size_t columns = s->pair->columns;
    memset(s->y, 0, 4 * s->count * sizeof(double));
    for (size_t from = 0; from < columns; from += tile_columns) {
        size_t to = smaller(from + tile_columns, columns);
        NAME(dots_of_tile)(s, rows, from, to, s->y);
        if (census) NAME(count_rows)(s, rows, first, from, to, census);
    }
    for (size_t i = 0; i < 4 * s->count; i++) s->y[i] *= s->scale;
}

// D^T Y of the first `number` of four rows. Meanwhile the beginnings of the `next` ones are asked for.
TARGET static void NAME(backward)(const NAME(state) *s, const NAME(rows) *rows, size_t number, const NAME(rows) *next) {
    size_t columns = s->pair->columns;
    for (size_t r = 0; r < 4; r++)
        for (size_t byte = 0; byte < prefetch_bytes; byte += cache_line) {
            __builtin_prefetch(next->base[r] + byte);
            __builtin_prefetch(next->checkpoint[r] + byte);
        }
    for (size_t i = 0; i < 4 * s->count; i++)
        s->y_single[i] = i < number * s->count ? (float)(s->y[i] * s->scale) : 0;
    for (size_t from = 0; from < columns; from += tile_columns) {
        NAME(part) part = {
            .from = from, .to = smaller(from + tile_columns, columns), .group = s->group, .count = s->count,
            .stride = s->stride};
        for (; part.first < s->count; part.first += s->group) NAME(axpys_of_part)(rows, &part, s->y_single, s->sums);
    }
}

// Adds the sums of the last rows to Z in double precision, and sets them to zero.
TARGET static void NAME(flush)(const NAME(state) *s, double *z) {
    for (size_t j = 0; j < s->count; j++)
        for (size_t c = 0; c < s->pair->columns; c++) {
            z[j * s->pair->columns + c] += (double)s->sums[j * s->stride + c];
            s->sums[j * s->stride + c] = 0;
        }
}

#include "ForwardBody.h"

TARGET static void NAME(fused_pass)(
    const alpharl_matrix_pair *pair, float scale, const float *x, size_t count, double *y, double *z,
    alpharl_census *census, float *scratch) {
    NAME(state) s = NAME(prepare)(pair, scale, x, count, z != NULL, scratch);
    if (!z && !census) {
        NAME(forward_only)(&s, y);
        return;
    }
    for (size_t first = 0; first < pair->rows; first += 4) {
        size_t number = smaller(4, pair->rows - first);
        NAME(rows) rows = NAME(rows_from)(pair, first);
        NAME(forward)(&s, &rows, first, census);
        for (size_t r = 0; r < number; r++)
            for (size_t j = 0; j < count; j++) y[j * pair->rows + first + r] = s.y[r * count + j];
        if (!z) continue;
        NAME(rows) next = NAME(rows_from)(pair, first + 4);
        NAME(backward)(&s, &rows, number, &next);
        if ((first + 4) % flush_rows == 0 || first + 4 >= pair->rows) NAME(flush)(&s, z);
    }
}
