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

// MARK: one vector of each type

INLINE vf NAME(load_bfloat16)(const void *source) {
    return (vf)(__builtin_convertvector(*(const vh *)source, vu) << 16);
}

// Subnormals go through a subtraction of two normal numbers: exact, and no slow path of the processor.
INLINE vf NAME(load_float16)(const void *source) {
    vu half = __builtin_convertvector(*(const vh *)source, vu);
    vu magnitude = (half & 0x7fff) << 13, exponent = magnitude & 0x0f800000;
    vu normal = magnitude + (112u << 23), special = magnitude + (224u << 23);
    vu one = (vu){} + (113u << 23);
    vu subnormal = (vu)((vf)(magnitude + one) - (vf)one);
    vu is_subnormal = (vu)(exponent == 0), is_special = (vu)(exponent == 0x0f800000);
    vu value = (is_subnormal & subnormal) | (is_special & special) | (~(is_subnormal | is_special) & normal);
    return (vf)(value | (half & 0x8000) << 16);
}

INLINE vf NAME(load_float32)(const void *source) { return *(const vfu *)source; }

INLINE vd NAME(load_wide)(const void *source, alpharl_element_type type) {
    switch (type) {
    case alpharl_bfloat16: return __builtin_convertvector(NAME(load_bfloat16)(source), vd);
    case alpharl_float16: return __builtin_convertvector(NAME(load_float16)(source), vd);
    case alpharl_float32: return __builtin_convertvector(NAME(load_float32)(source), vd);
    case alpharl_float64: return *(const vdu *)source;
    }
    __builtin_unreachable();
}

INLINE vf NAME(load)(const void *source, alpharl_element_type type) {
    switch (type) {
    case alpharl_bfloat16: return NAME(load_bfloat16)(source);
    case alpharl_float16: return NAME(load_float16)(source);
    case alpharl_float32: return NAME(load_float32)(source);
    case alpharl_float64: return __builtin_convertvector(*(const vdu *)source, vf);
    }
    __builtin_unreachable();
}

INLINE float NAME(sum)(vf value) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++) value[lane] += value[lane + half];
    return value[0];
}

INLINE double NAME(sum_wide)(vd value) {
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++) value[lane] += value[lane + half];
    return value[0];
}

// MARK: differences

// A part of one row of the pair.
typedef struct {
    const char *base, *checkpoint;
    alpharl_element_type base_type, checkpoint_type;
    size_t columns;
} NAME(tile);

// The last, incomplete vector of a row, continued with zeros on both sides.
typedef struct {
    _Alignas(128) char base[8 * LANES], checkpoint[8 * LANES];
} NAME(rest);

INLINE void NAME(copy_rest)(
    const char *base, size_t base_size, const char *checkpoint, size_t checkpoint_size, size_t count, NAME(rest) *rest) {
    memset(rest, 0, sizeof *rest);
    memcpy(rest->base, base, count * base_size);
    memcpy(rest->checkpoint, checkpoint, count * checkpoint_size);
}

// One vector of differences. Where either side is float64, the subtraction is done in double precision.
INLINE vf NAME(difference)(
    const void *base, alpharl_element_type base_type, const void *checkpoint, alpharl_element_type checkpoint_type) {
    if (base_type == alpharl_float64 || checkpoint_type == alpharl_float64)
        return __builtin_convertvector(
            NAME(load_wide)(checkpoint, checkpoint_type) - NAME(load_wide)(base, base_type), vf);
    return NAME(load)(checkpoint, checkpoint_type) - NAME(load)(base, base_type);
}

// MARK: census

typedef struct {
    vd update_square, base_square;
    vu identical, non_finite;
} NAME(census_sums);

// One vector of a tile; `wide` where a side is float64, whose bits single precision cannot tell apart.
INLINE void NAME(count_vector)(
    const void *base, alpharl_element_type base_type, const void *checkpoint, alpharl_element_type checkpoint_type,
    int wide, NAME(census_sums) *sums) {
    vd old, new;
    vu same;
    if (wide) {
        old = NAME(load_wide)(base, base_type);
        new = NAME(load_wide)(checkpoint, checkpoint_type);
        same = __builtin_convertvector((vl)((vl)old == (vl)new), vu);
    } else {
        vf old_single = NAME(load)(base, base_type), new_single = NAME(load)(checkpoint, checkpoint_type);
        old = __builtin_convertvector(old_single, vd);
        new = __builtin_convertvector(new_single, vd);
        same = (vu)((vu)old_single == (vu)new_single);
    }
    vd update = new - old;
    vu bits = (vu)__builtin_convertvector(update, vf);
    sums->update_square += update * update;
    sums->base_square += old * old;
    sums->identical -= same;
    sums->non_finite -= (vu)((bits & 0x7f800000) == 0x7f800000);
}

INLINE uint64_t NAME(sum_bits)(vu value) {
    uint64_t total = 0;
    for (int lane = 0; lane < LANES; lane++) total += value[lane];
    return total;
}

INLINE size_t NAME(first_non_finite)(const NAME(tile) *tile) {
    size_t base_size = element_size(tile->base_type), checkpoint_size = element_size(tile->checkpoint_type);
    for (size_t c = 0; c < tile->columns; c++) {
        NAME(rest) rest;
        NAME(copy_rest)(
            tile->base + c * base_size, base_size, tile->checkpoint + c * checkpoint_size, checkpoint_size, 1, &rest);
        if (!__builtin_isfinite(NAME(difference)(rest.base, tile->base_type, rest.checkpoint, tile->checkpoint_type)[0]))
            return c;
    }
    return tile->columns;
}

// `index` is that of the tile's first entry.
INLINE void NAME(count_as)(
    const NAME(tile) *tile, alpharl_element_type base_type, alpharl_element_type checkpoint_type, uint64_t index,
    alpharl_census *census) {
    size_t base_size = element_size(base_type), checkpoint_size = element_size(checkpoint_type), c = 0;
    int wide = base_type == alpharl_float64 || checkpoint_type == alpharl_float64;
    NAME(census_sums) sums = {};
    for (; c + LANES <= tile->columns; c += LANES)
        NAME(count_vector)(
            tile->base + c * base_size, base_type, tile->checkpoint + c * checkpoint_size, checkpoint_type, wide, &sums);
    uint64_t beyond = 0;
    if (c < tile->columns) {
        NAME(rest) rest;
        NAME(copy_rest)(
            tile->base + c * base_size, base_size, tile->checkpoint + c * checkpoint_size, checkpoint_size,
            tile->columns - c, &rest);
        NAME(count_vector)(rest.base, base_type, rest.checkpoint, checkpoint_type, wide, &sums);
        beyond = LANES - (tile->columns - c);
    }
    uint64_t bad = NAME(sum_bits)(sums.non_finite);
    if (bad > 0 && census->non_finite_count == 0)
        census->first_non_finite_index = index + NAME(first_non_finite)(tile);
    census->non_finite_count += bad;
    census->identical_count += NAME(sum_bits)(sums.identical) - beyond;
    census->update_square += NAME(sum_wide)(sums.update_square);
    census->base_square += NAME(sum_wide)(sums.base_square);
}

TARGET static void NAME(count)(const NAME(tile) *tile, uint64_t index, alpharl_census *census) {
    if (tile->base_type == alpharl_bfloat16 && tile->checkpoint_type == alpharl_bfloat16)
        NAME(count_as)(tile, alpharl_bfloat16, alpharl_bfloat16, index, census);
    else if (tile->base_type == alpharl_float32 && tile->checkpoint_type == alpharl_float32)
        NAME(count_as)(tile, alpharl_float32, alpharl_float32, index, census);
    else
        NAME(count_as)(tile, tile->base_type, tile->checkpoint_type, index, census);
}

// MARK: D X and D^T Y

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

TARGET static NAME(state) NAME(prepare)(
    const alpharl_matrix_pair *pair, float scale, const float *x, size_t count, float *scratch) {
    size_t groups = (count + GROUP - 1) / GROUP;
    NAME(state) s = {.pair = pair, .scale = scale, .count = count, .stride = padded(pair->columns)};
    s.group = groups > 0 ? (count + groups - 1) / groups : 0;
    s.x = aligned(scratch);
    s.sums = s.x + count * s.stride;
    s.y = (double *)(s.sums + count * s.stride);
    s.y_single = (float *)(s.y + 4 * count);
    memset(s.x, 0, 2 * count * s.stride * sizeof(float));
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

// D X of four rows, and their census where asked for.
TARGET static void NAME(forward)(
    const NAME(state) *s, const NAME(rows) *rows, size_t first, alpharl_census *census) {
    size_t columns = s->pair->columns;
    memset(s->y, 0, 4 * s->count * sizeof(double));
    for (size_t from = 0; from < columns; from += tile_columns) {
        NAME(part) part = {
            .from = from, .to = smaller(from + tile_columns, columns), .group = s->group, .count = s->count,
            .stride = s->stride};
        for (; part.first < s->count; part.first += s->group) NAME(dots_of_part)(rows, &part, s->x, s->y);
        if (census) NAME(count_rows)(s, rows, first, part.from, part.to, census);
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

TARGET static void NAME(fused_pass)(
    const alpharl_matrix_pair *pair, float scale, const float *x, size_t count, double *y, double *z,
    alpharl_census *census, float *scratch) {
    NAME(state) s = NAME(prepare)(pair, scale, x, count, scratch);
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

// MARK: rounding

// Nearest even; NaN stays NaN (quiet, with the payload that fits).
INLINE uint16_t NAME(round_bfloat16)(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 0x40;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

// As above. Below 2^-14 the addition of 0.5 makes the processor round at the subnormals' last place.
INLINE uint16_t NAME(round_float16)(float value) {
    uint32_t bits, subnormal;
    memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    float shifted;
    memcpy(&shifted, &magnitude, 4);
    shifted += 0.5f;
    memcpy(&subnormal, &shifted, 4);
    subnormal -= 0x3f000000;
    uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
    uint32_t special = magnitude > 0x7f800000 ? 0x7e00 | (magnitude >> 13 & 0x3ff) : 0x7c00;
    uint32_t result = magnitude < 113u << 23 ? subnormal : magnitude >= 143u << 23 ? special : normal;
    return (uint16_t)(sign | result);
}

// Rounds to odd: the last bit records that something was cut off, so that a second rounding, to fewer bits,
// gives what one rounding would have given.
INLINE float NAME(round_odd)(double value) {
    float nearest = (float)value;
    double back = (double)nearest;
    uint32_t bits;
    memcpy(&bits, &nearest, 4);
    uint32_t away = __builtin_fabs(back) > __builtin_fabs(value), inexact = back != value && value == value;
    uint32_t odd = (bits - away) | 1;
    bits = inexact ? odd : bits;
    memcpy(&nearest, &bits, 4);
    return nearest;
}

TARGET static void NAME(round_single)(const float *source, size_t count, void *out, alpharl_element_type type) {
    switch (type) {
    case alpharl_bfloat16: for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_bfloat16)(source[i]); break;
    case alpharl_float16: for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_float16)(source[i]); break;
    case alpharl_float32: memcpy(out, source, count * sizeof(float)); break;
    case alpharl_float64: for (size_t i = 0; i < count; i++) ((double *)out)[i] = (double)source[i]; break;
    }
}

TARGET static void NAME(narrow)(const double *source, size_t count, void *out, alpharl_element_type type) {
    switch (type) {
    case alpharl_bfloat16: for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_bfloat16)(NAME(round_odd)(source[i])); break;
    case alpharl_float16: for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_float16)(NAME(round_odd)(source[i])); break;
    case alpharl_float32: for (size_t i = 0; i < count; i++) ((float *)out)[i] = (float)source[i]; break;
    case alpharl_float64: memcpy(out, source, count * sizeof(double)); break;
    }
}

TARGET static void NAME(widen)(const void *source, alpharl_element_type type, size_t count, double *out) {
    size_t size = element_size(type), i = 0;
    for (; i + LANES <= count; i += LANES) *(vdu *)(out + i) = NAME(load_wide)((const char *)source + i * size, type);
    if (i == count) return;
    _Alignas(128) char rest[8 * LANES] = {};
    memcpy(rest, (const char *)source + i * size, (count - i) * size);
    vd last = NAME(load_wide)(rest, type);
    memcpy(out + i, &last, (count - i) * sizeof(double));
}

// MARK: source + low-rank matrix

// Numbers of the three narrower types in single precision, exactly.
TARGET static void NAME(widen_single)(const void *source, alpharl_element_type type, size_t count, float *out) {
    size_t size = element_size(type), i = 0;
    for (; i + LANES <= count; i += LANES) *(vfu *)(out + i) = NAME(load)((const char *)source + i * size, type);
    if (i == count) return;
    _Alignas(128) char rest[8 * LANES] = {};
    memcpy(rest, (const char *)source + i * size, (count - i) * size);
    vf last = NAME(load)(rest, type);
    memcpy(out + i, &last, (count - i) * sizeof(float));
}

// What the terms of one tile need. `weights[j * weight_stride]` belongs to `right[j * right_stride]`.
typedef struct {
    const double *weights;
    const float *right;
    size_t weight_stride, right_stride, count, columns;
} NAME(terms);

TARGET static void NAME(add_single)(
    const void *source, alpharl_element_type type, const NAME(terms) *t, void *out, alpharl_element_type out_type) {
    float value[tile_columns], sum[tile_columns] = {};
    NAME(widen_single)(source, type, t->columns, value);
    for (size_t j = 0; j < t->count; j++) {
        float weight = (float)t->weights[j * t->weight_stride];
        const float *right = t->right + j * t->right_stride;
        for (size_t c = 0; c < t->columns; c++) sum[c] += weight * right[c];
    }
    for (size_t c = 0; c < t->columns; c++) {
        float moved = value[c] + sum[c];
        sum[c] = sum[c] == 0 ? value[c] : moved;
    }
    NAME(round_single)(sum, t->columns, out, out_type);
}

TARGET static void NAME(add_double)(
    const double *source, const NAME(terms) *t, void *out, alpharl_element_type out_type) {
    double sum[tile_columns] = {};
    for (size_t j = 0; j < t->count; j++) {
        double weight = t->weights[j * t->weight_stride];
        const float *right = t->right + j * t->right_stride;
        for (size_t c = 0; c < t->columns; c++) sum[c] += weight * (double)right[c];
    }
    for (size_t c = 0; c < t->columns; c++) {
        double moved = source[c] + sum[c];
        sum[c] = sum[c] == 0 ? source[c] : moved;
    }
    NAME(narrow)(sum, t->columns, out, out_type);
}

TARGET static void NAME(low_rank_add)(
    const void *source, alpharl_element_type source_type, size_t rows, size_t columns, const double *coefficients,
    const float *right, size_t count, void *out, alpharl_element_type out_type) {
    size_t size = element_size(source_type), out_size = element_size(out_type);
    for (size_t r = 0; r < rows; r++)
        for (size_t start = 0; start < columns; start += tile_columns) {
            size_t index = r * columns + start;
            NAME(terms) terms = {
                .weights = coefficients + r, .right = right + start, .weight_stride = rows, .right_stride = columns,
                .count = count, .columns = smaller(tile_columns, columns - start)};
            const char *from = (const char *)source + index * size;
            char *to = (char *)out + index * out_size;
            if (source_type == alpharl_float64)
                NAME(add_double)((const double *)from, &terms, to, out_type);
            else
                NAME(add_single)(from, source_type, &terms, to, out_type);
        }
}

#undef INLINE
#undef vf
#undef vfu
#undef vu
#undef vh
#undef vd
#undef vdu
#undef vl
