// Products of the entries that differ with a few vectors at once, which lie side by side: entry after entry, each with all
// vectors. Included by ChangesBody.h with
//   GV, GU, GD   vectors of floats, the same at any address, and of as many doubles,   GL   how many,
//   G(name)      the name of a function for them.

// y[0..<vectors * GL] += the row's products with x, in single precision within a tile.
INLINE void G(row_dots)(
    const float *values, const uint8_t *places, size_t count, const float *x, const int vectors, double *y) {
    GV sums[4][3] = {};
    const int chains = vectors == 3 ? 2 : 4;
    for (size_t i = 0; i < count; i += chains)
        for (int u = 0; u < chains; u++) {
            const float *at = x + (size_t)places[i + u] * (size_t)(vectors * GL);
            for (int j = 0; j < vectors; j++) sums[u][j] += values[i + u] * *(const GV *)(at + j * GL);
        }
    for (int j = 0; j < vectors; j++) {
        GV sum = chains == 2 ? sums[0][j] + sums[1][j] : (sums[0][j] + sums[1][j]) + (sums[2][j] + sums[3][j]);
        *(GD *)(y + j * GL) += __builtin_convertvector(sum, GD);
    }
}

// z[place][j] += value * weights[j], for all entries of a row.
INLINE void G(add_row)(
    const float *values, const uint8_t *places, size_t count, const float *weights, const int vectors, float *z) {
    GV factors[3];
    for (int j = 0; j < vectors; j++) factors[j] = *(const GU *)(weights + j * GL);
    for (size_t i = 0; i < count; i += changes_step)
        for (int u = 0; u < changes_step; u++) {
            float *at = z + (size_t)places[i + u] * (size_t)(vectors * GL);
            for (int j = 0; j < vectors; j++) *(GV *)(at + j * GL) += values[i + u] * factors[j];
        }
}

// `width` doubles of y are one row's. `x` begins with the first column.
INLINE void G(group_dots)(
    const alpharl_changes *changes, size_t columns, size_t rows, const float *x, const int vectors, double *y, size_t width) {
    const float *values = changes->values;
    const uint8_t *places = changes->places;
    const uint16_t *counts = changes->counts;
    for (size_t from = 0; from < columns; from += changes_tile)
        for (size_t row = 0; row < rows; row++) {
            size_t count = *counts++;
            NAME(ask_ahead)(values, places);
            G(row_dots)(values, places, count, x + from * (size_t)(vectors * GL), vectors, y + row * width);
            values += count;
            places += count;
        }
}

// `width` floats of `y` are one row's.
INLINE void G(group_sums)(
    const alpharl_changes *changes, size_t columns, size_t rows, const float *y, size_t width, const int vectors, float *z) {
    const float *values = changes->values;
    const uint8_t *places = changes->places;
    const uint16_t *counts = changes->counts;
    for (size_t from = 0; from < columns; from += changes_tile)
        for (size_t row = 0; row < rows; row++) {
            size_t count = *counts++;
            G(add_row)(values, places, count, y + row * width, vectors, z + from * (size_t)(vectors * GL));
            values += count;
            places += count;
        }
}
