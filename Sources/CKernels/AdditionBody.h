// Rounding to each type, and a weight matrix plus one of low rank.
// Included by KernelBody.h, once for each instruction set.

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

// Up or down by chance, from 16 bits of noise; to nearest where a step up could reach infinity.
INLINE vh NAME(dither_bfloat16)(vf value, vh noise) {
    vu bits = (vu)value, dithered = (bits + __builtin_convertvector(noise, vu)) >> 16;
    vu rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16, quiet = bits >> 16 | 0x40;
    vu is_nan = (vu)((bits & 0x7fffffff) > 0x7f800000), is_small = (vu)((bits & 0x7f800000) < 0x7f000000);
    vu nearest = (is_nan & quiet) | (~is_nan & rounded);
    return __builtin_convertvector((is_small & dithered) | (~is_small & nearest), vh);
}

// The same from the upper 13 of them; to nearest among the subnormals too.
INLINE uint16_t NAME(dither_float16)(float value, uint16_t noise) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t magnitude = bits & 0x7fffffff, dithered = (bits + (noise >> 3)) & ~0x1fffu;
    memcpy(&value, magnitude >= 113u << 23 && magnitude < 142u << 23 ? &dithered : &bits, 4);
    return NAME(round_float16)(value);
}

// Outputs `first`, `first` + 1, ... of SplitMix64, each cut into four numbers of 16 bits, the lowest first.
INLINE void NAME(noise)(uint64_t seed, uint64_t first, size_t count, uint16_t *out) {
    for (size_t i = 0; i < count; i++) {
        uint64_t state = seed + (first + i + 1) * 0x9e3779b97f4a7c15;
        state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
        state = (state ^ state >> 27) * 0x94d049bb133111eb;
        state ^= state >> 31;
        memcpy(out + 4 * i, &state, sizeof state);
    }
}

// At most `tile_columns` numbers, in memory for as many; the first is number `index` of those that `dither` counts.
TARGET static void NAME(round_dithered)(
    const float *source, size_t count, const alpharl_dither *dither, uint64_t index, void *out,
    alpharl_element_type type) {
    uint16_t all[tile_columns + 8 + LANES];
    uint64_t place = dither->first + index, group = place / 4;
    const uint16_t *noise = all + place % 4;
    NAME(noise)(dither->seed, group, (place + count + 3) / 4 - group, all);
    uint16_t *result = out;
    if (type == alpharl_float16) {
        for (size_t i = 0; i < count; i++) result[i] = NAME(dither_float16)(source[i], noise[i]);
        return;
    }
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        *(vh *)(result + i) = NAME(dither_bfloat16)(*(const vfu *)(source + i), *(const vh *)(noise + i));
    if (i == count) return;
    vh last = NAME(dither_bfloat16)(*(const vfu *)(source + i), *(const vh *)(noise + i));
    memcpy(result + i, &last, (count - i) * sizeof *result);
}

TARGET static void NAME(round_single)(const float *source, size_t count, void *out, alpharl_element_type type) {
    switch (type) {
    case alpharl_bfloat16:
        for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_bfloat16)(source[i]);
        break;
    case alpharl_float16:
        for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_float16)(source[i]);
        break;
    case alpharl_float32: memcpy(out, source, count * sizeof(float)); break;
    case alpharl_float64:
        for (size_t i = 0; i < count; i++) ((double *)out)[i] = (double)source[i];
        break;
    }
}

TARGET static void NAME(narrow)(const double *source, size_t count, void *out, alpharl_element_type type) {
    switch (type) {
    case alpharl_bfloat16:
        for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_bfloat16)(NAME(round_odd)(source[i]));
        break;
    case alpharl_float16:
        for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(round_float16)(NAME(round_odd)(source[i]));
        break;
    case alpharl_float32:
        for (size_t i = 0; i < count; i++) ((float *)out)[i] = (float)source[i];
        break;
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

// `vectors` vectors of columns from c on, of which `sums` are in registers. No multiplication is fused with an addition: the
// result is the same on every instruction set.
INLINE void NAME(add_vectors)(const NAME(terms) *t, size_t c, int vectors, float *value) {
#pragma clang fp contract(off)
    vf sum[4] = {};
    for (size_t j = 0; j < t->count; j++) {
        float weight = (float)t->weights[j * t->weight_stride];
        for (int k = 0; k < vectors; k++) {
            vf term = weight * *(const vfu *)(t->right + j * t->right_stride + c + (size_t)k * LANES);
            sum[k] += term;
        }
    }
    for (int k = 0; k < vectors; k++) {
        vfu *place = (vfu *)(value + c + (size_t)k * LANES);
        vf still = *place, moved = still + sum[k];
        vu is_still = (vu)(sum[k] == 0);
        *place = (vf)((is_still & (vu)still) | (~is_still & (vu)moved));
    }
}

TARGET static void NAME(add_single)(
    const void *source, alpharl_element_type type, const NAME(terms) *t, float *value) {
#pragma clang fp contract(off)
    NAME(widen_single)(source, type, t->columns, value);
    size_t c = 0;
    for (; c + 4 * LANES <= t->columns; c += 4 * LANES) NAME(add_vectors)(t, c, 4, value);
    for (; c + LANES <= t->columns; c += LANES) NAME(add_vectors)(t, c, 1, value);
    for (; c < t->columns; c++) {
        float sum = 0;
        for (size_t j = 0; j < t->count; j++) sum += (float)t->weights[j * t->weight_stride] * t->right[j * t->right_stride + c];
        float moved = value[c] + sum;
        value[c] = sum == 0 ? value[c] : moved;
    }
}

TARGET static void NAME(add_double)(const double *source, const NAME(terms) *t, double *out) {
#pragma clang fp contract(off)
    double sum[tile_columns] = {};
    for (size_t j = 0; j < t->count; j++) {
        double weight = t->weights[j * t->weight_stride];
        const float *right = t->right + j * t->right_stride;
        for (size_t c = 0; c < t->columns; c++) sum[c] += weight * (double)right[c];
    }
    for (size_t c = 0; c < t->columns; c++) {
        double moved = source[c] + sum[c];
        out[c] = sum[c] == 0 ? source[c] : moved;
    }
}

// Whether no number is infinite or none.
TARGET static int NAME(are_finite)(const void *numbers, size_t count, alpharl_element_type type) {
    uint16_t half = type == alpharl_bfloat16 ? 0x7f80 : 0x7c00, largest_half = 0;
    uint32_t largest = 0;
    uint64_t largest_wide = 0;
    switch (type) {
    case alpharl_bfloat16:
    case alpharl_float16:
        for (size_t i = 0; i < count; i++) {
            uint16_t exponent = ((const uint16_t *)numbers)[i] & half;
            largest_half = exponent > largest_half ? exponent : largest_half;
        }
        return largest_half < half;
    case alpharl_float32:
        for (size_t i = 0; i < count; i++) {
            uint32_t exponent = ((const uint32_t *)numbers)[i] & 0x7f800000;
            largest = exponent > largest ? exponent : largest;
        }
        return largest < 0x7f800000;
    case alpharl_float64:
        for (size_t i = 0; i < count; i++) {
            uint64_t exponent = ((const uint64_t *)numbers)[i] & 0x7ff0000000000000;
            largest_wide = exponent > largest_wide ? exponent : largest_wide;
        }
        return largest_wide < 0x7ff0000000000000;
    }
    __builtin_unreachable();
}

// One tile: moved in the source's precision, then rounded once, or by chance from single precision.
TARGET static void NAME(add_tile)(
    const void *source, alpharl_element_type source_type, const NAME(terms) *t, const alpharl_dither *dither,
    uint64_t index, void *out, alpharl_element_type out_type) {
    float single[tile_columns];
    int is_short = out_type == alpharl_bfloat16 || out_type == alpharl_float16;
    if (source_type == alpharl_float64) {
        double moved[tile_columns];
        NAME(add_double)((const double *)source, t, moved);
        if (!dither || !is_short) {
            NAME(narrow)(moved, t->columns, out, out_type);
            return;
        }
        for (size_t c = 0; c < t->columns; c++) single[c] = (float)moved[c];
    } else {
        NAME(add_single)(source, source_type, t, single);
    }
    if (dither && is_short)
        NAME(round_dithered)(single, t->columns, dither, index, out, out_type);
    else
        NAME(round_single)(single, t->columns, out, out_type);
}

TARGET static void NAME(low_rank_add)(
    const void *source, alpharl_element_type source_type, size_t rows, size_t columns, const double *coefficients,
    const float *right, size_t count, const alpharl_dither *dither, void *out, alpharl_element_type out_type,
    int *is_finite) {
    size_t size = element_size(source_type), out_size = element_size(out_type);
    *is_finite = 1;
    for (size_t r = 0; r < rows; r++)
        for (size_t start = 0; start < columns; start += tile_columns) {
            size_t index = r * columns + start;
            NAME(terms) terms = {
                .weights = coefficients + r, .right = right + start, .weight_stride = rows, .right_stride = columns,
                .count = count, .columns = smaller(tile_columns, columns - start)};
            char *tile = (char *)out + index * out_size;
            NAME(add_tile)(
                (const char *)source + index * size, source_type, &terms, dither, index, tile, out_type);
            *is_finite &= NAME(are_finite)(tile, terms.columns, out_type);
        }
}
