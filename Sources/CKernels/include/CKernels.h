// The loops over whole weight matrices, in C for the sake of explicit vectors and run-time choice of the
// instruction set. No allocation, no threads, no global state: every function is a pure function of its
// arguments, and adds in an order that depends on the shapes and on the instruction set alone.
#ifndef ALPHARL_CKERNELS_H
#define ALPHARL_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

// How one number of a weight matrix is stored.
typedef enum {
    alpharl_bfloat16 = 0,
    alpharl_float16 = 1,
    alpharl_float32 = 2,
    alpharl_float64 = 3,
} alpharl_element_type;

// Instruction sets, each at least as fast as the one before it.
typedef enum {
    alpharl_baseline = 0,   // SSE2 on x86-64, NEON on arm64
    alpharl_x86_64_v3 = 1,  // AVX2 and FMA
    alpharl_x86_64_v4 = 2,  // AVX-512 F, BW, CD, DQ, VL
} alpharl_instruction_set;

// The best instruction set that this processor has.
alpharl_instruction_set alpharl_best_instruction_set(void);

// Two matrices of one shape, row-major, `rows` x `columns`. `D = checkpoint - base`.
typedef struct {
    const void *base;
    const void *checkpoint;
    alpharl_element_type base_type;
    alpharl_element_type checkpoint_type;
    size_t rows;
    size_t columns;
} alpharl_matrix_pair;

// What one pass can count on its way. Sums of squares in double precision.
typedef struct {
    double update_square;              // ||D||_F^2
    double base_square;                // ||base||_F^2
    uint64_t identical_count;          // entries whose two values have the same bits
    uint64_t non_finite_count;         // entries of D that are NaN or infinite in single precision
    uint64_t first_non_finite_index;   // row * columns + column of the first of them, when there is one
} alpharl_census;

// Floats of scratch that `alpharl_fused_pass` needs for `columns` and `count`; `backward` where `z` or `census` is given.
size_t alpharl_scratch_floats(size_t columns, size_t count, int backward);

// Y = scale * D X, and, where `z` is given, Z += scale * D^T (scale * D X), in one sweep over both matrices.
//
// x: `count` vectors of `columns` floats, one after the other. y: `count` vectors of `rows` doubles, set.
// z: `count` vectors of `columns` doubles, added to, or null. census: added to, or null; not scaled.
// `count` may be 0. `scale` is best a power of two; 1 where the update's size is ordinary.
void alpharl_fused_pass(
    alpharl_instruction_set set, const alpharl_matrix_pair *pair, float scale, const float *x, size_t count,
    double *y, double *z, alpharl_census *census, float *scratch);

// The entries of D that are not zero, of some of its rows: 64 rows after the other, each 64 in tiles of 256 columns, each tile row by
// row. What belongs to one row of one tile is filled up with zeros to a multiple of 4.
typedef struct {
    const float *values;
    const uint8_t *places;   // the column within the tile
    const uint16_t *counts;  // entries, zeros included, of each row of each tile
    size_t rows;
    size_t columns;
} alpharl_changes;

// How many counts those rows have, and for how many entries `alpharl_gather_changes` needs room.
size_t alpharl_changes_counts(size_t rows, size_t columns);
size_t alpharl_changes_room(size_t rows, size_t columns);

// Writes the changes of the pair's rows and how many entries they are, zeros included.
void alpharl_gather_changes(
    alpharl_instruction_set set, const alpharl_matrix_pair *pair, float *values, uint8_t *places, uint16_t *counts,
    size_t *written);

// How many vectors `count` vectors become where they lie side by side, a few together, filled up to whole registers.
void alpharl_packed_width(alpharl_instruction_set set, size_t count, size_t *width);

// `packed`: columns x packed width, at a multiple of 64 bytes.
void alpharl_pack(alpharl_instruction_set set, const float *x, size_t columns, size_t count, float *packed);
void alpharl_unpack(alpharl_instruction_set set, const double *packed, size_t columns, size_t count, double *z);

// Doubles of scratch that `alpharl_changes_pass` needs for that packed width.
size_t alpharl_changes_scratch(size_t width);

// As `alpharl_fused_pass` for the rows of `changes`. x, sums, z: packed; `sums` is zero and is left so. y: vector j begins
// at j * y_stride.
void alpharl_changes_pass(
    alpharl_instruction_set set, const alpharl_changes *changes, float scale, const float *x, size_t count, double *y,
    size_t y_stride, float *sums, double *z, double *scratch);

// Rounding by chance: up with the probability that makes the expected result the value itself.
typedef struct {
    uint64_t seed;   // of SplitMix64, each of whose outputs is the noise of four numbers, 16 bits each
    uint64_t first;  // the place of the first number among those that the seed is for
} alpharl_dither;

// out = source + sum_j coefficients[j * rows + r] * right[j * columns + c], row by row, for `rows` rows.
//
// In single precision, or in double where the source is float64, every operation rounded and none fused; then rounded once, to
// nearest even or, where `dither` is given and `out` is bfloat16 or float16, by chance from single precision. An entry
// whose displacement is zero keeps its value, the sign of a zero included. `is_finite` tells whether no number of `out` is infinite
// or none.
void alpharl_low_rank_add(
    alpharl_instruction_set set, const void *source, alpharl_element_type source_type, size_t rows, size_t columns,
    const double *coefficients, const float *right, size_t count, const alpharl_dither *dither, void *out,
    alpharl_element_type out_type, int *is_finite);

// out[i * b_count + j] = <a[i], b[j]>, in double precision; the bits depend on the two vectors alone.
void alpharl_inner_products(
    alpharl_instruction_set set, const float *const *a, size_t a_count, const float *const *b, size_t b_count,
    size_t count, double *out);

// out[i] += weight * vector[i], in double precision.
void alpharl_add_scaled(
    alpharl_instruction_set set, double weight, const float *vector, size_t count, double *out);

// Converts `count` numbers to double precision, exactly.
void alpharl_widen(
    alpharl_instruction_set set, const void *source, alpharl_element_type type, size_t count, double *out);

// Rounds `count` numbers once, to nearest even; NaN stays NaN, too large becomes infinite.
void alpharl_narrow(
    alpharl_instruction_set set, const double *source, size_t count, void *out, alpharl_element_type type);

#endif
