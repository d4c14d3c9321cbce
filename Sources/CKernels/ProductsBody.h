// Inner products and weighted sums of long single-precision vectors, in double precision.
// Included by KernelBody.h, once for each instruction set.

INLINE vd NAME(wide)(const float *source) { return __builtin_convertvector(*(const vfu *)source, vd); }

// Two running sums, so that one addition need not wait for the one before it.
TARGET static void NAME(inner_product)(const float *a, const float *b, size_t count, double *out) {
    vd first = {}, second = {};
    size_t c = 0;
    for (; c + 2 * LANES <= count; c += 2 * LANES) {
        first += NAME(wide)(a + c) * NAME(wide)(b + c);
        second += NAME(wide)(a + c + LANES) * NAME(wide)(b + c + LANES);
    }
    double sum = NAME(sum_wide)(first + second);
    for (; c < count; c++) sum += (double)a[c] * (double)b[c];
    *out = sum;
}

TARGET static void NAME(add_scaled)(double weight, const float *vector, size_t count, double *out) {
    vd factor = (vd){} + weight;
    size_t c = 0;
    for (; c + LANES <= count; c += LANES) *(vdu *)(out + c) += factor * NAME(wide)(vector + c);
    for (; c < count; c++) out[c] += weight * (double)vector[c];
}
