// Finds the first of a set of words in a long text, 32 bytes at a time where the processor can.
//
// This is C because Swift has no shuffle of bytes by an index that is known at run time. Each word
// is known by a mark, four bytes of it. Marks are put into eight groups; for each of the four places
// two tables, by the low and by the high half of a byte, say which groups have such a byte there.
// Where a group has all four, the words with that very mark are compared.
//
// A text is looked at in strides: a first loop, without calls and branches, notes the places where a
// mark may be; a second one looks at those closely.
#ifndef C_WORD_SCAN_H
#define C_WORD_SCAN_H

#include <stdint.h>

enum { word_scan_places = 4, word_scan_groups = 8, word_scan_words = 255, word_scan_longest = 28 };
// How many times 64 bytes are looked at before the words are compared.
enum { word_scan_blocks = 16 };

typedef struct {
  uint32_t mark;  // the four bytes of the mark
  uint8_t next;   // the next word with a mark of the same slot, counted from 1
  uint8_t start;  // where in the word its mark is
  uint8_t length;
  uint8_t bytes[word_scan_longest];
} word_scan_word;

typedef struct {
  // Each table twice in a row, as vectors of 32 bytes want it.
  uint8_t low[word_scan_places][32];
  uint8_t high[word_scan_places][32];
  uint8_t first[1 << 12];
  word_scan_word words[word_scan_words];
} word_scan_table;

typedef struct {
  intptr_t place;     // where a word begins; the end where there is none
  intptr_t newlines;  // before that place
} word_scan_result;

static inline uint32_t word_scan_mark(const uint8_t *bytes) {
  uint32_t mark;
  __builtin_memcpy(&mark, bytes, sizeof mark);
  return mark;
}

static inline uint32_t word_scan_slot(uint32_t mark) { return (mark * 0x9e3779b1u) >> 20; }

// Adds the word number `index`; its mark begins at `start` and belongs to `group`.
static inline void word_scan_add(
    word_scan_table *table, int index, const uint8_t *bytes, int length, int start, int group) {
  word_scan_word *word = &table->words[index];
  word->mark = word_scan_mark(bytes + start);
  word->start = (uint8_t)start;
  word->length = (uint8_t)length;
  __builtin_memcpy(word->bytes, bytes, (__SIZE_TYPE__)length);
  uint8_t *first = &table->first[word_scan_slot(word->mark)];
  word->next = *first;
  *first = (uint8_t)(index + 1);
  for (int place = 0; place < word_scan_places; place++) {
    uint8_t byte = bytes[start + place];
    for (int half = 0; half < 32; half += 16) {
      table->low[place][half + (byte & 15)] |= (uint8_t)(1 << group);
      table->high[place][half + (byte >> 4)] |= (uint8_t)(1 << group);
    }
  }
}

// Where the word begins whose mark is at `at`; -1 where there is none.
static inline intptr_t word_scan_check(
    const uint8_t *base, intptr_t start, intptr_t at, intptr_t end, const word_scan_table *table) {
  uint32_t mark = word_scan_mark(base + at);
  for (int index = table->first[word_scan_slot(mark)]; __builtin_expect(index != 0, 0);) {
    const word_scan_word *word = &table->words[index - 1];
    intptr_t place = at - word->start;
    if (word->mark == mark && place >= start && place + word->length <= end &&
        __builtin_memcmp(base + place, word->bytes, word->length) == 0)
      return place;
    index = word->next;
  }
  return -1;
}

static inline intptr_t word_scan_newlines(const uint8_t *base, intptr_t start, intptr_t end) {
  intptr_t count = 0;
  for (intptr_t at = start; at < end; at++) count += base[at] == '\n';
  return count;
}

// What there is to say of the word that begins at `place`, where newlines were counted up to `at`.
static inline word_scan_result word_scan_found(
    const uint8_t *base, intptr_t place, intptr_t at, intptr_t newlines) {
  // A word may begin before the place that was counted up to.
  newlines += place < at ? -word_scan_newlines(base, place, at) : word_scan_newlines(base, at, place);
  word_scan_result found = {place, newlines};
  return found;
}

// Looks at one place after the other, from `at` on; `newlines` were seen before it.
static inline word_scan_result word_scan_slowly(
    const uint8_t *base, intptr_t start, intptr_t at, intptr_t end, intptr_t newlines,
    const word_scan_table *table) {
  for (intptr_t mark = at; mark + word_scan_places <= end; mark++) {
    intptr_t place = word_scan_check(base, start, mark, end, table);
    if (place >= 0) return word_scan_found(base, place, at, newlines);
  }
  word_scan_result none = {end, newlines + word_scan_newlines(base, at, end)};
  return none;
}

#if defined(__x86_64__)
#include <cpuid.h>

// Whether the processor and the system have vectors of 32 bytes.
static inline int word_scan_is_wide(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

typedef uint8_t word_scan_bytes __attribute__((vector_size(32)));
typedef uint8_t word_scan_loose __attribute__((vector_size(32), aligned(1)));
typedef char word_scan_chars __attribute__((vector_size(32)));
typedef short word_scan_shorts __attribute__((vector_size(32)));
typedef long long word_scan_longs __attribute__((vector_size(32)));

// Notes in a bit for each byte of `blocks` times 64 bytes whether a mark may begin there, and answers
// how many newlines they have.
__attribute__((target("avx2"), noinline)) static intptr_t word_scan_stride(
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
    text += 64;
  }
  word_scan_longs sums = (word_scan_longs)__builtin_ia32_psadbw256(
      (word_scan_chars)counts, (word_scan_chars){0});
  return (intptr_t)(sums[0] + sums[1] + sums[2] + sums[3]);
}

static inline word_scan_result word_scan_widely(
    const uint8_t *base, intptr_t start, intptr_t end, const word_scan_table *table) {
  uint64_t marks[word_scan_blocks];
  intptr_t newlines = 0, at = start;
  // The first strides are short: where words are frequent, the next one is near.
  for (intptr_t most = 2;; most = most * 2 < word_scan_blocks ? most * 2 : word_scan_blocks) {
    // The last mark of a block reaches into the bytes behind it.
    intptr_t blocks = (end - at - (word_scan_places - 1)) / 64;
    if (blocks <= 0) return word_scan_slowly(base, start, at, end, newlines, table);
    if (blocks > most) blocks = most;
    intptr_t more = word_scan_stride(base + at, blocks, table, marks);
    for (intptr_t block = 0; block < blocks; block++) {
      for (uint64_t bits = marks[block]; bits != 0; bits &= bits - 1) {
        intptr_t mark = at + block * 64 + __builtin_ctzll(bits);
        intptr_t place = word_scan_check(base, start, mark, end, table);
        if (place >= 0) return word_scan_found(base, place, at, newlines);
      }
    }
    newlines += more;
    at += blocks * 64;
  }
}
#else
static inline int word_scan_is_wide(void) { return 0; }
#endif

// The first word in the bytes from `start` up to `end`, and the newlines before it.
static inline word_scan_result word_scan_find(
    const uint8_t *base, intptr_t start, intptr_t end, const word_scan_table *table, int is_wide) {
#if defined(__x86_64__)
  if (is_wide) return word_scan_widely(base, start, end, table);
#endif
  return word_scan_slowly(base, start, start, end, 0, table);
}

#endif
