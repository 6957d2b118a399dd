// Takes a text line by line, with the place of each line's first equals sign. Both bytes are looked for in
// one go, 64 at a time, and noted in bits: a line of a trace is little longer than that, and two searches for
// each of them would take longer than what there is to read.
#ifndef C_WORD_SCAN_LINES_H
#define C_WORD_SCAN_LINES_H

#include <stdint.h>

// How many times 64 bytes are looked at before the lines in them are taken.
enum { line_scan_blocks = 8 };

typedef struct {
  uint64_t newlines, equals;  // a bit for each of 64 bytes
} line_scan_marks;

typedef struct {
  intptr_t end;     // where the newline stands; the text's end where there is none
  intptr_t equals;  // where the line's first equals sign stands; the text's end where there is none
} line_scan_line;

typedef struct {
  const uint8_t *base;
  intptr_t count;
  intptr_t behind;  // the first byte that was not looked at
  intptr_t equals;  // the first equals sign of the line that goes on there, or the text's end
  int next, filled;
  int width;
  line_scan_line lines[line_scan_blocks * 64];
} line_scan;

// `width` is what `word_scan_width` answers, or less.
static inline void line_scan_begin(
    line_scan *scan, const uint8_t *base, intptr_t count, int width) {
  scan->base = base;
  scan->count = count;
  scan->behind = 0;
  scan->equals = count;
  scan->next = scan->filled = 0;
  scan->width = width;
}

// A bit for each of eight bytes that is `wanted`: the highest bit of a byte that is zero, gathered.
static inline uint64_t line_scan_eight(const uint8_t *bytes, uint8_t wanted) {
  const uint64_t low = 0x7f7f7f7f7f7f7f7full;
  uint64_t word;
  __builtin_memcpy(&word, bytes, sizeof word);
  word ^= wanted * 0x0101010101010101ull;
  uint64_t zeros = ~(((word & low) + low) | word | low);
  return ((zeros >> 7) * 0x0102040810204080ull) >> 56;
}

static inline void line_scan_note_8(const uint8_t *text, int blocks, line_scan_marks *marks) {
  for (int block = 0; block < blocks; block++) {
    line_scan_marks found = {0, 0};
    for (int place = 0; place < 64; place += 8) {
      found.newlines |= line_scan_eight(text + place, '\n') << place;
      found.equals |= line_scan_eight(text + place, '=') << place;
    }
    marks[block] = found;
    text += 64;
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"), noinline)) static void line_scan_note_32(
    const uint8_t *text, int blocks, line_scan_marks *marks) {
  const word_scan_bytes newline = (word_scan_bytes){0} + '\n';
  const word_scan_bytes equals = (word_scan_bytes){0} + '=';
  for (int block = 0; block < blocks; block++) {
    line_scan_marks found = {0, 0};
#pragma clang loop unroll(full)
    for (int place = 0; place < 64; place += 32) {
      word_scan_bytes here = *(const word_scan_loose *)(text + place);
      uint32_t lines = (uint32_t)__builtin_ia32_pmovmskb256((word_scan_chars)(here == newline));
      uint32_t signs = (uint32_t)__builtin_ia32_pmovmskb256((word_scan_chars)(here == equals));
      found.newlines |= (uint64_t)lines << place;
      found.equals |= (uint64_t)signs << place;
    }
    marks[block] = found;
    text += 64;
  }
}

__attribute__((target("avx512f,avx512bw"), noinline)) static void line_scan_note_64(
    const uint8_t *text, int blocks, line_scan_marks *marks) {
  const word_scan_long_bytes newline = (word_scan_long_bytes){0} + '\n';
  const word_scan_long_bytes equals = (word_scan_long_bytes){0} + '=';
  for (int block = 0; block < blocks; block++) {
    word_scan_long_bytes here = *(const word_scan_long_loose *)text;
    marks[block].newlines =
        __builtin_ia32_cvtb2mask512((word_scan_long_chars)(here == newline));
    marks[block].equals = __builtin_ia32_cvtb2mask512((word_scan_long_chars)(here == equals));
    text += 64;
  }
}

static inline void line_scan_note(
    const uint8_t *text, int blocks, line_scan_marks *marks, int width) {
  if (width > 1) {
    line_scan_note_64(text, blocks, marks);
  } else if (width > 0) {
    line_scan_note_32(text, blocks, marks);
  } else {
    line_scan_note_8(text, blocks, marks);
  }
}
#else
static inline void line_scan_note(
    const uint8_t *text, int blocks, line_scan_marks *marks, int width) {
  line_scan_note_8(text, blocks, marks);
}
#endif

// Notes the bytes of the next blocks, and answers how many blocks these are.
static inline int line_scan_look(line_scan *scan, line_scan_marks *marks) {
  intptr_t left = scan->count - scan->behind;
  if (left >= 64) {
    int blocks = left / 64 < line_scan_blocks ? (int)(left / 64) : line_scan_blocks;
    line_scan_note(scan->base + scan->behind, blocks, marks, scan->width);
    return blocks;
  }
  uint8_t rest[64] = {0};
  __builtin_memcpy(rest, scan->base + scan->behind, (__SIZE_TYPE__)left);
  line_scan_note(rest, 1, marks, scan->width);
  return 1;
}

// Takes the lines that end in the next bytes; answers whether there are any.
__attribute__((noinline)) static int line_scan_fill(line_scan *scan) {
  line_scan_marks marks[line_scan_blocks];
  int filled = 0;
  intptr_t first = scan->equals;
  const intptr_t none = scan->count;
  while (filled == 0 && scan->behind < scan->count) {
    int blocks = line_scan_look(scan, marks);
    intptr_t place = scan->behind;
    for (int block = 0; block < blocks; block++) {
      uint64_t newlines = marks[block].newlines, equals = marks[block].equals;
      while (newlines != 0) {
        uint64_t before = (newlines & -newlines) - 1;
        if (first == none && (equals & before) != 0) first = place + __builtin_ctzll(equals);
        scan->lines[filled].end = place + __builtin_ctzll(newlines);
        scan->lines[filled++].equals = first;
        first = none;
        equals &= ~before;
        newlines &= newlines - 1;
      }
      if (first == none && equals != 0) first = place + __builtin_ctzll(equals);
      place += 64;
    }
    scan->behind = place < scan->count ? place : scan->count;
  }
  scan->equals = first;
  scan->next = 0;
  scan->filled = filled;
  return filled != 0;
}

// Takes the next line. Its end is the text's end where no newline follows any more.
static inline line_scan_line line_scan_next(line_scan *scan) {
  if (scan->next == scan->filled && !line_scan_fill(scan)) {
    line_scan_line last = {scan->count, scan->equals};
    return last;
  }
  return scan->lines[scan->next++];
}

#endif
