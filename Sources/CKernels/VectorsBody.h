// One vector of numbers of each type, its sum, and one vector of differences.
// Included by KernelBody.h, once for each instruction set.

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
    const char *base, size_t base_size, const char *checkpoint, size_t checkpoint_size, size_t count,
    NAME(rest) *rest) {
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
