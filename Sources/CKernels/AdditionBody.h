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
INLINE uint16_t NAME(dither_bfloat16)(float value, uint32_t noise) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t dithered = (bits + (noise >> 16)) >> 16;
    return (uint16_t)((bits & 0x7f800000) < 0x7f000000 ? dithered : NAME(round_bfloat16)(value));
}

// The same from 13 bits; to nearest among the subnormals too.
INLINE uint16_t NAME(dither_float16)(float value, uint32_t noise) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t magnitude = bits & 0x7fffffff, dithered = (bits + (noise >> 19)) & ~0x1fffu;
    memcpy(&value, magnitude >= 113u << 23 && magnitude < 142u << 23 ? &dithered : &bits, 4);
    return NAME(round_float16)(value);
}

// The upper halves of the outputs of SplitMix64 from `index` on.
INLINE void NAME(noise)(uint64_t seed, uint64_t index, size_t count, uint32_t *out) {
    for (size_t i = 0; i < count; i++) {
        uint64_t state = seed + (index + i + 1) * 0x9e3779b97f4a7c15;
        state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
        state = (state ^ state >> 27) * 0x94d049bb133111eb;
        out[i] = (uint32_t)((state ^ state >> 31) >> 32);
    }
}

// At most `tile_columns` numbers, of which the first is number `index` of those that `dither` counts.
TARGET static void NAME(round_dithered)(
    const float *source, size_t count, const alpharl_dither *dither, uint64_t index, void *out,
    alpharl_element_type type) {
    uint32_t noise[tile_columns];
    NAME(noise)(dither->seed, dither->first + index, count, noise);
    if (type == alpharl_bfloat16)
        for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(dither_bfloat16)(source[i], noise[i]);
    else
        for (size_t i = 0; i < count; i++) ((uint16_t *)out)[i] = NAME(dither_float16)(source[i], noise[i]);
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

// No multiplication is fused with an addition: the result is the same on every instruction set.
TARGET static void NAME(add_single)(
    const void *source, alpharl_element_type type, const NAME(terms) *t, float *out) {
#pragma clang fp contract(off)
    float value[tile_columns], sum[tile_columns] = {};
    NAME(widen_single)(source, type, t->columns, value);
    for (size_t j = 0; j < t->count; j++) {
        float weight = (float)t->weights[j * t->weight_stride];
        const float *right = t->right + j * t->right_stride;
        for (size_t c = 0; c < t->columns; c++) sum[c] += weight * right[c];
    }
    for (size_t c = 0; c < t->columns; c++) {
        float moved = value[c] + sum[c];
        out[c] = sum[c] == 0 ? value[c] : moved;
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
    const float *right, size_t count, const alpharl_dither *dither, void *out, alpharl_element_type out_type) {
    size_t size = element_size(source_type), out_size = element_size(out_type);
    for (size_t r = 0; r < rows; r++)
        for (size_t start = 0; start < columns; start += tile_columns) {
            size_t index = r * columns + start;
            NAME(terms) terms = {
                .weights = coefficients + r, .right = right + start, .weight_stride = rows, .right_stride = columns,
                .count = count, .columns = smaller(tile_columns, columns - start)};
            NAME(add_tile)(
                (const char *)source + index * size, source_type, &terms, dither, index,
                (char *)out + index * out_size, out_type);
        }
}
