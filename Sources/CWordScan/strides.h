// Notes where in a stride of a text the mark of a word may begin: the part of the search that is made
// for a processor. `shim.h` includes it.
#ifndef C_WORD_SCAN_STRIDES_H
#define C_WORD_SCAN_STRIDES_H

typedef struct {
  uint32_t blocks;    // a bit for each block of 64 bytes that has a mark
  intptr_t newlines;  // in all blocks
} word_scan_noted;

#if defined(__x86_64__)
#include <cpuid.h>

// How many times 32 bytes the processor and the system look at in one go.
static inline int word_scan_width(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0x06) != 0x06 || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2)) return 0;
  // The system saves the long vectors, and the processor can look up 128 bytes by a byte.
  const unsigned wanted = bit_AVX512F | bit_AVX512BW;
  return (low & 0xe6) == 0xe6 && (b & wanted) == wanted && (c & bit_AVX512VBMI) ? 2 : 1;
}

typedef uint8_t word_scan_bytes __attribute__((vector_size(32)));
typedef uint8_t word_scan_loose __attribute__((vector_size(32), aligned(1)));
typedef char word_scan_chars __attribute__((vector_size(32)));
typedef short word_scan_shorts __attribute__((vector_size(32)));
typedef long long word_scan_longs __attribute__((vector_size(32)));

// Notes in a bit for each byte of `blocks` times 64 bytes whether a mark may begin there, by the halves
// of bytes.
__attribute__((target("avx2"), noinline)) static word_scan_noted word_scan_stride_32(
    const uint8_t *text, intptr_t blocks, const word_scan_table *table, uint64_t *marks) {
  word_scan_bytes low[word_scan_places], high[word_scan_places];
#pragma clang loop unroll(full)
  for (int place = 0; place < word_scan_places; place++) {
    low[place] = *(const word_scan_loose *)table->low[place];
    high[place] = *(const word_scan_loose *)table->high[place];
  }
  const word_scan_bytes half = (word_scan_bytes){0} + 15;
  const word_scan_bytes newline = (word_scan_bytes){0} + '\n';
  const word_scan_bytes none = {0};
  // A lane counts at most one newline for each vector of a stride.
  word_scan_bytes counts = none;
  word_scan_noted noted = {0, 0};
  for (intptr_t block = 0; block < blocks; block++) {
    uint64_t bits = 0;
#pragma clang loop unroll(full)
    for (int vector = 0; vector < 64; vector += 32) {
      word_scan_bytes groups = ~none;
#pragma clang loop unroll(full)
      for (int place = 0; place < word_scan_places; place++) {
        // Of an index beyond ASCII the shuffle makes zero, which is right: no word has such bytes.
        word_scan_bytes here = *(const word_scan_loose *)(text + vector + place);
        word_scan_bytes upper =
            (word_scan_bytes)__builtin_ia32_psrlwi256((word_scan_shorts)here, 4) & half;
        groups &= (word_scan_bytes)__builtin_ia32_pshufb256(
                      (word_scan_chars)low[place], (word_scan_chars)here) &
                  (word_scan_bytes)__builtin_ia32_pshufb256(
                      (word_scan_chars)high[place], (word_scan_chars)upper);
      }
      counts -= (word_scan_bytes)(*(const word_scan_loose *)(text + vector) == newline);
      uint32_t without =
          (uint32_t)__builtin_ia32_pmovmskb256((word_scan_chars)(groups == none));
      bits |= (uint64_t)(uint32_t)~without << vector;
    }
    marks[block] = bits;
    noted.blocks |= (uint32_t)(bits != 0) << block;
    text += 64;
  }
  word_scan_longs sums = (word_scan_longs)__builtin_ia32_psadbw256(
      (word_scan_chars)counts, (word_scan_chars){0});
  noted.newlines = (intptr_t)(sums[0] + sums[1] + sums[2] + sums[3]);
  return noted;
}

typedef uint8_t word_scan_long_bytes __attribute__((vector_size(64)));
typedef uint8_t word_scan_long_loose __attribute__((vector_size(64), aligned(1)));
typedef char word_scan_long_chars __attribute__((vector_size(64)));

// The same by whole bytes. The look-up leaves a byte's highest bit out: beyond ASCII a mark may be noted
// that is not one, which costs a closer look.
__attribute__((target("avx512f,avx512bw,avx512vbmi,popcnt"), noinline)) static word_scan_noted
word_scan_stride_64(
    const uint8_t *text, intptr_t blocks, const word_scan_table *table, uint64_t *marks) {
  word_scan_long_chars first[word_scan_places], second[word_scan_places];
#pragma clang loop unroll(full)
  for (int place = 0; place < word_scan_places; place++) {
    first[place] = (word_scan_long_chars) * (const word_scan_long_loose *)table->whole[place];
    second[place] =
        (word_scan_long_chars) * (const word_scan_long_loose *)(table->whole[place] + 64);
  }
  const word_scan_long_bytes newline = (word_scan_long_bytes){0} + '\n';
  word_scan_noted noted = {0, 0};
  for (intptr_t block = 0; block < blocks; block++) {
    word_scan_long_bytes groups = ~(word_scan_long_bytes){0};
#pragma clang loop unroll(full)
    for (int place = 0; place < word_scan_places; place++) {
      word_scan_long_bytes here = *(const word_scan_long_loose *)(text + place);
      groups &= (word_scan_long_bytes)__builtin_ia32_vpermi2varqi512(
          first[place], (word_scan_long_chars)here, second[place]);
    }
    word_scan_long_bytes lines = *(const word_scan_long_loose *)text;
    uint64_t bits = __builtin_ia32_cvtb2mask512((word_scan_long_chars)(groups != 0));
    noted.newlines += __builtin_popcountll(
        __builtin_ia32_cvtb2mask512((word_scan_long_chars)(lines == newline)));
    marks[block] = bits;
    noted.blocks |= (uint32_t)(bits != 0) << block;
    text += 64;
  }
  return noted;
}

static inline word_scan_noted word_scan_stride(
    const uint8_t *text, intptr_t blocks, const word_scan_table *table, uint64_t *marks, int width) {
  return width > 1 ? word_scan_stride_64(text, blocks, table, marks)
                   : word_scan_stride_32(text, blocks, table, marks);
}
#else
static inline int word_scan_width(void) { return 0; }

static inline word_scan_noted word_scan_stride(
    const uint8_t *text, intptr_t blocks, const word_scan_table *table, uint64_t *marks, int width) {
  word_scan_noted none = {0, 0};
  return none;
}
#endif

#endif
