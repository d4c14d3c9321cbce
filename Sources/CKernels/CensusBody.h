// What can be counted about an update on the way.
// Included by KernelBody.h, once for each instruction set.

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
        vf d = NAME(difference)(rest.base, tile->base_type, rest.checkpoint, tile->checkpoint_type);
        if (!__builtin_isfinite(d[0])) return c;
    }
    return tile->columns;
}

// Four vectors of a tile, whose squares are rounded to single precision and added up four by four before they are added in
// double precision: less than half of the time, with an error of at most 5 x 2^-24 of each sum.
// What is not finite makes the sums so.
INLINE void NAME(count_four)(
    const void *base, alpharl_element_type base_type, const void *checkpoint, alpharl_element_type checkpoint_type,
    NAME(census_sums) *sums) {
    vf update_square = {}, base_square = {};
    for (int i = 0; i < 4; i++) {
        vf old = NAME(load)((const char *)base + i * LANES * element_size(base_type), base_type);
        vf new = NAME(load)((const char *)checkpoint + i * LANES * element_size(checkpoint_type), checkpoint_type);
        vf update = new - old;
        update_square += update * update;
        base_square += old * old;
        sums->identical -= (vu)((vu)old == (vu)new);
    }
    sums->update_square += __builtin_convertvector(update_square, vd);
    sums->base_square += __builtin_convertvector(base_square, vd);
}

// A tile that way. Returns 0, and leaves `census` alone, where a tile's squares may be too large or too small for single
// precision: they, and whatever is not finite, are counted in double precision then.
INLINE int NAME(count_plain)(
    const NAME(tile) *tile, alpharl_element_type base_type, alpharl_element_type checkpoint_type,
    alpharl_census *census) {
    size_t base_size = element_size(base_type), checkpoint_size = element_size(checkpoint_type), c = 0;
    NAME(census_sums) sums = {};
    for (; c + 4 * LANES <= tile->columns; c += 4 * LANES)
        NAME(count_four)(
            tile->base + c * base_size, base_type, tile->checkpoint + c * checkpoint_size, checkpoint_type, &sums);
    for (; c < tile->columns; c += LANES) {
        NAME(rest) rest;
        NAME(copy_rest)(
            tile->base + c * base_size, base_size, tile->checkpoint + c * checkpoint_size, checkpoint_size,
            smaller(LANES, tile->columns - c), &rest);
        NAME(count_vector)(rest.base, base_type, rest.checkpoint, checkpoint_type, 0, &sums);
    }
    uint64_t same = NAME(sum_bits)(sums.identical) - (c - tile->columns);
    double updates = NAME(sum_wide)(sums.update_square), bases = NAME(sum_wide)(sums.base_square);
    int is_plain = bases > 0x1p-80 && bases < 0x1p100 && updates < 0x1p100
        && (updates > 0x1p-80 || same == tile->columns);
    if (!is_plain) return 0;
    census->identical_count += same;
    census->update_square += updates;
    census->base_square += bases;
    return 1;
}

// `index` is that of the tile's first entry.
INLINE void NAME(count_as)(
    const NAME(tile) *tile, alpharl_element_type base_type, alpharl_element_type checkpoint_type, uint64_t index,
    alpharl_census *census) {
    size_t base_size = element_size(base_type), checkpoint_size = element_size(checkpoint_type), c = 0;
    int wide = base_type == alpharl_float64 || checkpoint_type == alpharl_float64;
    if (!wide && NAME(count_plain)(tile, base_type, checkpoint_type, census)) return;
    NAME(census_sums) sums = {};
    for (; c + LANES <= tile->columns; c += LANES)
        NAME(count_vector)(
            tile->base + c * base_size, base_type, tile->checkpoint + c * checkpoint_size, checkpoint_type, wide,
            &sums);
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
