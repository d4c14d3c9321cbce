// D X alone, of many vectors: where a checkpoint lies along all registered directions.
// Included by FusedPassBody.h, once for each instruction set.

// The differences of four rows over the columns from..<to, one row after the other, `tile_columns` apart and continued with
// zeros to a whole vector.
INLINE void NAME(differences_as)(
    const NAME(rows) *rows, alpharl_element_type base_type, alpharl_element_type checkpoint_type, size_t from, size_t to,
    float *out) {
    vf d[4];
    size_t c = from;
    for (; c + LANES <= to; c += LANES) {
        NAME(inner_differences)(rows, base_type, checkpoint_type, c, 1, d);
        for (int r = 0; r < 4; r++) *(vf *)(out + r * tile_columns + (c - from)) = d[r];
    }
    if (c < to) {
        NAME(last_differences)(rows, base_type, checkpoint_type, c, to - c, d);
        for (int r = 0; r < 4; r++) *(vf *)(out + r * tile_columns + (c - from)) = d[r];
    }
}

TARGET static void NAME(differences)(const NAME(rows) *rows, size_t from, size_t to, float *out) {
    if (rows->base_type == alpharl_bfloat16 && rows->checkpoint_type == alpharl_bfloat16)
        NAME(differences_as)(rows, alpharl_bfloat16, alpharl_bfloat16, from, to, out);
    else if (rows->base_type == alpharl_float32 && rows->checkpoint_type == alpharl_float32)
        NAME(differences_as)(rows, alpharl_float32, alpharl_float32, from, to, out);
    else
        NAME(differences_as)(rows, rows->base_type, rows->checkpoint_type, from, to, out);
}

// y[row * count + j] += d[row] . x[j] for `group` vectors, over `columns` columns of a tile of differences.
INLINE void NAME(tile_dots)(
    const float *d, const float *x, size_t columns, size_t stride, int group, size_t count, double *y) {
    vf sums[4][GROUP] = {};
    for (size_t c = 0; c < columns; c += LANES) {
        vf rows[4];
        for (int r = 0; r < 4; r++) rows[r] = *(const vf *)(d + r * tile_columns + c);
        NAME(add_products)(rows, x + c, stride, group, sums);
    }
    for (int r = 0; r < 4; r++)
        for (int j = 0; j < group; j++) y[r * count + j] += (double)NAME(sum)(sums[r][j]);
}

// The same for all vectors: the differences are made once for all of them, and lie in the first-level cache.
TARGET static void NAME(dots_of_differences)(
    const NAME(state) *s, const float *d, size_t from, size_t columns, double *y) {
    size_t j = 0;
    for (; j + GROUP <= s->count; j += GROUP)
        NAME(tile_dots)(d, s->x + j * s->stride + from, columns, s->stride, GROUP, s->count, y + j);
    const float *x = s->x + j * s->stride + from;
    switch (s->count - j) {
    case 0: break;
    case 1: NAME(tile_dots)(d, x, columns, s->stride, 1, s->count, y + j); break;
#if GROUP == 6
    case 2: NAME(tile_dots)(d, x, columns, s->stride, 2, s->count, y + j); break;
    case 3: NAME(tile_dots)(d, x, columns, s->stride, 3, s->count, y + j); break;
    case 4: NAME(tile_dots)(d, x, columns, s->stride, 4, s->count, y + j); break;
    default: NAME(tile_dots)(d, x, columns, s->stride, 5, s->count, y + j); break;
#endif
    }
}

// D X alone, of many vectors: a tile of X stays in the second-level cache while `forward_rows` rows go over it. The
// sums are those of `forward`, in the same order, and `y` is set for all rows.
TARGET static void NAME(forward_only)(const NAME(state) *s, double *y) {
    size_t columns = s->pair->columns, rows = s->pair->rows;
    _Alignas(128) float differences[4 * tile_columns];
    for (size_t block = 0; block < rows; block += forward_rows) {
        size_t end = smaller(block + forward_rows, rows);
        memset(s->y, 0, forward_rows * s->count * sizeof(double));
        for (size_t from = 0; from < columns; from += tile_columns)
            for (size_t first = block; first < end; first += 4) {
                size_t to = smaller(from + tile_columns, columns);
                NAME(rows) quad = NAME(rows_from)(s->pair, first);
                NAME(differences)(&quad, from, to, differences);
                NAME(dots_of_differences)(s, differences, from, to - from, s->y + (first - block) * s->count);
            }
        for (size_t row = block; row < end; row++)
            for (size_t j = 0; j < s->count; j++) y[j * rows + row] = s->y[(row - block) * s->count + j] * s->scale;
    }
}
