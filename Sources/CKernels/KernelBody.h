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

// Where a tile of the pair starts, and how many columns it has.
typedef struct {
    const char *base, *checkpoint;
    alpharl_element_type base_type, checkpoint_type;
    size_t columns;
} NAME(tile);

// The last, incomplete vector of a row, continued with zeros on both sides.
typedef struct {
    _Alignas(128) char base[8 * LANES], checkpoint[8 * LANES];
} NAME(rest);

INLINE void NAME(copy_rest)(const NAME(tile) *tile, size_t done, NAME(rest) *rest) {
    size_t base_size = element_size(tile->base_type), checkpoint_size = element_size(tile->checkpoint_type);
    size_t left = tile->columns - done;
    memset(rest, 0, sizeof *rest);
    memcpy(rest->base, tile->base + done * base_size, left * base_size);
    memcpy(rest->checkpoint, tile->checkpoint + done * checkpoint_size, left * checkpoint_size);
}

// One vector of differences. Where either side is float64, the subtraction is done in double precision.
INLINE vf NAME(difference)(
    const void *base, alpharl_element_type base_type, const void *checkpoint, alpharl_element_type checkpoint_type,
    float scale) {
    if (base_type == alpharl_float64 || checkpoint_type == alpharl_float64) {
        vd wide = NAME(load_wide)(checkpoint, checkpoint_type) - NAME(load_wide)(base, base_type);
        return __builtin_convertvector(wide * (double)scale, vf);
    }
    return (NAME(load)(checkpoint, checkpoint_type) - NAME(load)(base, base_type)) * scale;
}

// Differences of a tile, for types that are known when this is inlined.
INLINE void NAME(subtract_as)(
    const NAME(tile) *tile, alpharl_element_type base_type, alpharl_element_type checkpoint_type, float scale,
    float *d) {
    size_t base_size = element_size(base_type), checkpoint_size = element_size(checkpoint_type), c = 0;
    for (; c + LANES <= tile->columns; c += LANES) {
        const char *base = tile->base + c * base_size, *checkpoint = tile->checkpoint + c * checkpoint_size;
        __builtin_prefetch(base + prefetch_bytes);
        __builtin_prefetch(checkpoint + prefetch_bytes);
        *(vfu *)(d + c) = NAME(difference)(base, base_type, checkpoint, checkpoint_type, scale);
    }
    if (c < tile->columns) {
        NAME(rest) rest;
        NAME(copy_rest)(tile, c, &rest);
        *(vfu *)(d + c) = NAME(difference)(rest.base, base_type, rest.checkpoint, checkpoint_type, scale);
    }
}

// The usual pairs of types have loops of their own; the others decide anew for each vector.
TARGET static void NAME(subtract)(const NAME(tile) *tile, float scale, float *d) {
    int same = tile->base_type == tile->checkpoint_type;
    if (same && tile->base_type == alpharl_bfloat16)
        NAME(subtract_as)(tile, alpharl_bfloat16, alpharl_bfloat16, scale, d);
    else if (same && tile->base_type == alpharl_float32)
        NAME(subtract_as)(tile, alpharl_float32, alpharl_float32, scale, d);
    else if (same && tile->base_type == alpharl_float16)
        NAME(subtract_as)(tile, alpharl_float16, alpharl_float16, scale, d);
    else if (tile->base_type == alpharl_bfloat16 && tile->checkpoint_type == alpharl_float32)
        NAME(subtract_as)(tile, alpharl_bfloat16, alpharl_float32, scale, d);
    else
        NAME(subtract_as)(tile, tile->base_type, tile->checkpoint_type, scale, d);
}

// MARK: census

typedef struct {
    vd update_square, base_square;
    vl identical, non_finite;
} NAME(census_sums);

INLINE void NAME(count_vector)(const void *base, const void *checkpoint, const NAME(tile) *tile, NAME(census_sums) *sums) {
    vd old = NAME(load_wide)(base, tile->base_type), new = NAME(load_wide)(checkpoint, tile->checkpoint_type);
    vd update = new - old;
    vu bits = (vu)__builtin_convertvector(update, vf);
    sums->update_square += update * update;
    sums->base_square += old * old;
    sums->identical -= (vl)((vl)old == (vl)new);
    sums->non_finite += __builtin_convertvector((vu)((bits & 0x7f800000) == 0x7f800000) & 1, vl);
}

INLINE uint64_t NAME(sum_long)(vl value) {
    uint64_t total = 0;
    for (int lane = 0; lane < LANES; lane++) total += (uint64_t)value[lane];
    return total;
}

INLINE size_t NAME(first_non_finite)(const NAME(tile) *tile) {
    size_t base_size = element_size(tile->base_type), checkpoint_size = element_size(tile->checkpoint_type);
    for (size_t c = 0; c < tile->columns; c++) {
        NAME(tile) one = *tile;
        one.base += c * base_size;
        one.checkpoint += c * checkpoint_size;
        one.columns = 1;
        float d[LANES];
        NAME(subtract_as)(&one, tile->base_type, tile->checkpoint_type, 1, d);
        if (!__builtin_isfinite(d[0])) return c;
    }
    return tile->columns;
}

// `index` is that of the tile's first entry.
TARGET static void NAME(count)(const NAME(tile) *tile, uint64_t index, alpharl_census *census) {
    size_t base_size = element_size(tile->base_type), checkpoint_size = element_size(tile->checkpoint_type), c = 0;
    NAME(census_sums) sums = {};
    for (; c + LANES <= tile->columns; c += LANES)
        NAME(count_vector)(tile->base + c * base_size, tile->checkpoint + c * checkpoint_size, tile, &sums);
    uint64_t beyond = 0;
    if (c < tile->columns) {
        NAME(rest) rest;
        NAME(copy_rest)(tile, c, &rest);
        NAME(count_vector)(rest.base, rest.checkpoint, tile, &sums);
        beyond = LANES - (tile->columns - c);
    }
    uint64_t bad = NAME(sum_long)(sums.non_finite);
    if (bad > 0 && census->non_finite_count == 0)
        census->first_non_finite_index = index + NAME(first_non_finite)(tile);
    census->non_finite_count += bad;
    census->identical_count += NAME(sum_long)(sums.identical) - beyond;
    census->update_square += NAME(sum_wide)(sums.update_square);
    census->base_square += NAME(sum_wide)(sums.base_square);
}

// MARK: D X and D^T Y

// y[row * y_stride + j] += d[row] . x[j] over `columns` (a multiple of LANES), for 4 rows and `group` vectors.
INLINE void NAME(dots)(
    const float *d, size_t d_stride, const float *x, size_t x_stride, size_t columns, int group, double *y,
    size_t y_stride) {
    vf sums[4][GROUP] = {};
    for (size_t c = 0; c < columns; c += LANES) {
        vf row[4];
        for (int r = 0; r < 4; r++) row[r] = *(const vfu *)(d + r * d_stride + c);
        for (int j = 0; j < group; j++) {
            vf column = *(const vfu *)(x + j * x_stride + c);
            for (int r = 0; r < 4; r++) sums[r][j] += row[r] * column;
        }
    }
    for (int r = 0; r < 4; r++)
        for (int j = 0; j < group; j++) y[r * y_stride + j] += NAME(sum)(sums[r][j]);
}

// z[j] += sum over 4 rows of d[row] * y[row * y_stride + j] over `columns`, for `group` vectors.
INLINE void NAME(axpys)(
    const float *d, size_t d_stride, const float *y, size_t y_stride, size_t columns, int group, float *z,
    size_t z_stride) {
    vf weights[4][GROUP];
    for (int r = 0; r < 4; r++)
        for (int j = 0; j < group; j++) weights[r][j] = (vf){} + y[r * y_stride + j];
    for (size_t c = 0; c < columns; c += LANES) {
        vf row[4];
        for (int r = 0; r < 4; r++) row[r] = *(const vfu *)(d + r * d_stride + c);
        for (int j = 0; j < group; j++) {
            vf sum = *(const vfu *)(z + j * z_stride + c);
            for (int r = 0; r < 4; r++) sum += row[r] * weights[r][j];
            *(vfu *)(z + j * z_stride + c) = sum;
        }
    }
}

TARGET static void NAME(dots_of_tile)(
    const float *d, size_t d_stride, size_t rows, const float *x, size_t x_stride, size_t count, size_t columns,
    double *y) {
    for (size_t j = 0; j < count; j += GROUP)
        for (size_t r = 0; r < rows; r += 4)
            switch (smaller(GROUP, count - j)) {
            case 1: NAME(dots)(d + r * d_stride, d_stride, x + j * x_stride, x_stride, columns, 1, y + r * count + j, count); break;
            case 2: NAME(dots)(d + r * d_stride, d_stride, x + j * x_stride, x_stride, columns, 2, y + r * count + j, count); break;
#if GROUP > 2
            case 3: NAME(dots)(d + r * d_stride, d_stride, x + j * x_stride, x_stride, columns, 3, y + r * count + j, count); break;
            default: NAME(dots)(d + r * d_stride, d_stride, x + j * x_stride, x_stride, columns, 4, y + r * count + j, count); break;
#endif
            }
}

TARGET static void NAME(axpys_of_tile)(
    const float *d, size_t d_stride, size_t rows, const float *y, size_t count, size_t columns, float *z,
    size_t z_stride) {
    for (size_t j = 0; j < count; j += GROUP)
        for (size_t r = 0; r < rows; r += 4)
            switch (smaller(GROUP, count - j)) {
            case 1: NAME(axpys)(d + r * d_stride, d_stride, y + r * count + j, count, columns, 1, z + j * z_stride, z_stride); break;
            case 2: NAME(axpys)(d + r * d_stride, d_stride, y + r * count + j, count, columns, 2, z + j * z_stride, z_stride); break;
#if GROUP > 2
            case 3: NAME(axpys)(d + r * d_stride, d_stride, y + r * count + j, count, columns, 3, z + j * z_stride, z_stride); break;
            default: NAME(axpys)(d + r * d_stride, d_stride, y + r * count + j, count, columns, 4, z + j * z_stride, z_stride); break;
#endif
            }
}

// Adds the sums of the last rows to Z in double precision, and sets them to zero.
TARGET static void NAME(flush)(float *sums, size_t stride, size_t columns, size_t count, double *z) {
    for (size_t j = 0; j < count; j++)
        for (size_t c = 0; c < columns; c++) {
            z[j * columns + c] += (double)sums[j * stride + c];
            sums[j * stride + c] = 0;
        }
}

// Everything that a pass holds, laid out in the caller's scratch.
typedef struct {
    const alpharl_matrix_pair *pair;
    float scale;
    size_t count, stride;  // vectors of X; floats from one padded vector, or row of differences, to the next
    size_t block;          // rows at a time
    float *x, *sums, *d, *y_single;
    double *y;
} NAME(state);

TARGET static NAME(state) NAME(prepare)(
    const alpharl_matrix_pair *pair, float scale, const float *x, size_t count, float *scratch) {
    NAME(state) s = {.pair = pair, .scale = scale, .count = count, .stride = padded(pair->columns)};
    s.block = held_rows(pair->columns);
    s.x = aligned(scratch);
    s.sums = s.x + count * s.stride;
    s.d = s.sums + count * s.stride;
    s.y = (double *)aligned(s.d + s.block * s.stride);
    s.y_single = aligned((float *)(s.y + s.block * count));
    memset(s.x, 0, 2 * count * s.stride * sizeof(float));
    for (size_t j = 0; j < count; j++)
        memcpy(s.x + j * s.stride, x + j * pair->columns, pair->columns * sizeof(float));
    return s;
}

// Differences of the rows from `first`, one row after the other as they lie in memory; the census where asked for.
TARGET static void NAME(hold)(const NAME(state) *s, size_t first, size_t rows, alpharl_census *census) {
    const alpharl_matrix_pair *pair = s->pair;
    size_t base_size = element_size(pair->base_type), checkpoint_size = element_size(pair->checkpoint_type);
    for (size_t r = 0; r < rows; r++)
        for (size_t start = 0; start < pair->columns; start += tile_columns) {
            uint64_t index = (uint64_t)(first + r) * pair->columns + start;
            NAME(tile) tile = {
                .base = (const char *)pair->base + index * base_size,
                .checkpoint = (const char *)pair->checkpoint + index * checkpoint_size,
                .base_type = pair->base_type, .checkpoint_type = pair->checkpoint_type,
                .columns = smaller(tile_columns, pair->columns - start)};
            NAME(subtract)(&tile, s->scale, s->d + r * s->stride + start);
            if (census) NAME(count)(&tile, index, census);
        }
    for (size_t r = rows; r % 4 != 0; r++) memset(s->d + r * s->stride, 0, s->stride * sizeof(float));
}

// D X of the rows that are held.
TARGET static void NAME(forward)(const NAME(state) *s, size_t rows) {
    size_t columns = s->pair->columns, whole_rows = (rows + 3) / 4 * 4;
    memset(s->y, 0, whole_rows * s->count * sizeof(double));
    for (size_t start = 0; start < columns; start += tile_columns) {
        size_t whole_columns = (smaller(tile_columns, columns - start) + LANES - 1) / LANES * LANES;
        NAME(dots_of_tile)(
            s->d + start, s->stride, whole_rows, s->x + start, s->stride, s->count, whole_columns, s->y);
    }
}

// D^T Y of the rows that are held.
TARGET static void NAME(backward)(const NAME(state) *s, size_t rows) {
    size_t columns = s->pair->columns, whole_rows = (rows + 3) / 4 * 4;
    for (size_t i = 0; i < whole_rows * s->count; i++) s->y_single[i] = (float)s->y[i];
    for (size_t start = 0; start < columns; start += tile_columns) {
        size_t whole_columns = (smaller(tile_columns, columns - start) + LANES - 1) / LANES * LANES;
        NAME(axpys_of_tile)(
            s->d + start, s->stride, whole_rows, s->y_single, s->count, whole_columns, s->sums + start, s->stride);
    }
}

TARGET static void NAME(fused_pass)(
    const alpharl_matrix_pair *pair, float scale, const float *x, size_t count, double *y, double *z,
    alpharl_census *census, float *scratch) {
    NAME(state) s = NAME(prepare)(pair, scale, x, count, scratch);
    size_t unflushed = 0;
    for (size_t first = 0; first < pair->rows; first += s.block) {
        size_t rows = smaller(s.block, pair->rows - first);
        NAME(hold)(&s, first, rows, census);
        NAME(forward)(&s, rows);
        for (size_t r = 0; r < rows; r++)
            for (size_t j = 0; j < count; j++) y[j * pair->rows + first + r] = s.y[r * count + j];
        if (!z) continue;
        NAME(backward)(&s, rows);
        unflushed += rows;
        if (unflushed >= flush_rows || first + rows == pair->rows) {
            NAME(flush)(s.sums, s.stride, pair->columns, count, z);
            unflushed = 0;
        }
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

// What the terms of one tile need. `weights[j * weight_stride]` belongs to `right[j * right_stride]`.
typedef struct {
    const double *weights;
    const float *right;
    size_t weight_stride, right_stride, count, columns;
} NAME(terms);

TARGET static void NAME(add_single)(
    const void *source, alpharl_element_type type, const NAME(terms) *t, void *out, alpharl_element_type out_type) {
    double wide[tile_columns];
    float sum[tile_columns] = {};
    NAME(widen)(source, type, t->columns, wide);
    for (size_t j = 0; j < t->count; j++) {
        float weight = (float)t->weights[j * t->weight_stride];
        const float *right = t->right + j * t->right_stride;
        for (size_t c = 0; c < t->columns; c++) sum[c] += weight * right[c];
    }
    for (size_t c = 0; c < t->columns; c++) {
        float value = (float)wide[c], moved = value + sum[c];
        sum[c] = sum[c] == 0 ? value : moved;
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
