// Inner products and weighted sums of long single-precision vectors, in double precision.
// Included by KernelBody.h, once for each instruction set.

// Rows of a block of products, whose sums are two registers each: with them and what they are made of, all registers.
#if LANES > 8
#define PRODUCT_ROWS 4
#else
#define PRODUCT_ROWS 2
#endif

INLINE vd NAME(wide)(const float *source) { return __builtin_convertvector(*(const vfu *)source, vd); }

// All products of a few vectors with a few, each number widened once for all of them. A product has the same bits in a
// block of any size.
INLINE void NAME(product_block)(
    const float *const *a, const float *const *b, size_t count, const int rows, const int columns, double *out,
    size_t stride) {
    vd sums[PRODUCT_ROWS][2] = {};
    size_t c = 0;
    for (; c + LANES <= count; c += LANES) {
        vd wide[2];
        for (int j = 0; j < columns; j++) wide[j] = NAME(wide)(b[j] + c);
        for (int i = 0; i < rows; i++) {
            vd own = NAME(wide)(a[i] + c);
            for (int j = 0; j < columns; j++) sums[i][j] += own * wide[j];
        }
    }
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++) {
            double sum = NAME(sum_wide)(sums[i][j]);
            for (size_t k = c; k < count; k++) sum += (double)a[i][k] * (double)b[j][k];
            out[(size_t)i * stride + (size_t)j] = sum;
        }
}

TARGET static void NAME(inner_products)(
    const float *const *a, size_t a_count, const float *const *b, size_t b_count, size_t count, double *out) {
    size_t i = 0;
    for (; i + PRODUCT_ROWS <= a_count; i += PRODUCT_ROWS) {
        size_t j = 0;
        for (; j + 2 <= b_count; j += 2)
            NAME(product_block)(a + i, b + j, count, PRODUCT_ROWS, 2, out + i * b_count + j, b_count);
        if (j < b_count) NAME(product_block)(a + i, b + j, count, PRODUCT_ROWS, 1, out + i * b_count + j, b_count);
    }
    for (; i < a_count; i++) {
        size_t j = 0;
        for (; j + 2 <= b_count; j += 2) NAME(product_block)(a + i, b + j, count, 1, 2, out + i * b_count + j, b_count);
        if (j < b_count) NAME(product_block)(a + i, b + j, count, 1, 1, out + i * b_count + j, b_count);
    }
}

TARGET static void NAME(add_scaled)(double weight, const float *vector, size_t count, double *out) {
    vd factor = (vd){} + weight;
    size_t c = 0;
    for (; c + LANES <= count; c += LANES) *(vdu *)(out + c) += factor * NAME(wide)(vector + c);
    for (; c < count; c++) out[c] += weight * (double)vector[c];
}

#undef PRODUCT_ROWS
