// Finds the first of a set of words in a long text, 64 or 32 bytes at a time where the processor can.
//
// This is C because Swift has no shuffle of bytes by an index that is known at run time. Each word
// is known by a mark, four bytes of it. Marks are put into eight groups; for each of the four places
// tables say which groups have a byte there. Where a group has all four, the words with that very mark
// are compared.
//
// A text is looked at in strides: a first loop, without calls and branches, notes the places where a
// mark may be; a second one looks at those closely. Some longer texts that begin with a word are passed
// over, as they come by the million.
#ifndef C_WORD_SCAN_H
#define C_WORD_SCAN_H

#include <stdint.h>

enum { word_scan_places = 4, word_scan_groups = 8, word_scan_words = 255, word_scan_longest = 28 };
enum { word_scan_passed = 8 };
// How many times 64 bytes are looked at before the words are compared.
enum { word_scan_blocks = 32 };

typedef struct {
  uint32_t mark;  // the four bytes of the mark
  uint8_t next;   // the next word with a mark of the same slot, counted from 1
  uint8_t start;  // where in the word its mark is
  uint8_t length;
  uint8_t bytes[word_scan_longest];
} word_scan_word;

typedef struct {
  uint8_t length;
  uint8_t bytes[word_scan_longest];
} word_scan_text;

typedef struct {
  // The groups by a byte's low half and by its high one: a byte may have those that both have. Each
  // table stands twice in a row, as vectors of 32 bytes want it.
  uint8_t low[word_scan_places][32];
  uint8_t high[word_scan_places][32];
  // The groups by the whole byte: words are ASCII.
  uint8_t whole[word_scan_places][128];
  uint8_t first[1 << 12];
  word_scan_word words[word_scan_words];
  // Texts that begin as a word does and are not one; a text without length is behind the last.
  word_scan_text passed[word_scan_passed + 1];
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
    table->whole[place][byte & 127] |= (uint8_t)(1 << group);
    for (int half = 0; half < 32; half += 16) {
      table->low[place][half + (byte & 15)] |= (uint8_t)(1 << group);
      table->high[place][half + (byte >> 4)] |= (uint8_t)(1 << group);
    }
  }
}

// Passes over a text that begins with a word, the text number `index`.
static inline void word_scan_pass(
    word_scan_table *table, int index, const uint8_t *bytes, int length) {
  table->passed[index].length = (uint8_t)length;
  __builtin_memcpy(table->passed[index].bytes, bytes, (__SIZE_TYPE__)length);
}

// Where a text that is passed over ends, if one begins at `place`; 0 where none does.
static inline intptr_t word_scan_passed_end(
    const uint8_t *base, intptr_t place, intptr_t end, const word_scan_table *table) {
  for (const word_scan_text *text = table->passed; text->length != 0; text++) {
    if (text->bytes[0] == base[place] && place + text->length <= end &&
        __builtin_memcmp(base + place, text->bytes, text->length) == 0)
      return place + text->length;
  }
  return 0;
}

// Whether the word is all of it at `text`. Most that have the mark alone differ in the first byte or in
// the last.
static inline int word_scan_is_there(const uint8_t *text, const word_scan_word *word) {
  return text[0] == word->bytes[0] && text[word->length - 1] == word->bytes[word->length - 1] &&
         __builtin_memcmp(text, word->bytes, word->length) == 0;
}

// Where the word begins whose mark is at `at`; -1 where there is none. Words begin at `*start` at the
// earliest, which moves behind a text that is passed over.
static inline intptr_t word_scan_check(
    const uint8_t *base, intptr_t *start, intptr_t at, intptr_t end, const word_scan_table *table) {
  uint32_t mark = word_scan_mark(base + at);
  for (int index = table->first[word_scan_slot(mark)]; __builtin_expect(index != 0, 0);) {
    const word_scan_word *word = &table->words[index - 1];
    intptr_t place = at - word->start;
    if (word->mark == mark && place >= *start && place + word->length <= end &&
        word_scan_is_there(base + place, word)) {
      intptr_t behind = word_scan_passed_end(base, place, end, table);
      if (behind == 0) return place;
      *start = behind;
      return -1;
    }
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
    intptr_t place = word_scan_check(base, &start, mark, end, table);
    if (place >= 0) return word_scan_found(base, place, at, newlines);
  }
  word_scan_result none = {end, newlines + word_scan_newlines(base, at, end)};
  return none;
}

#include "strides.h"

// Looks at what is left behind the last whole block, which is short: a line alone is little more.
static inline word_scan_result word_scan_rest(
    const uint8_t *base, intptr_t start, intptr_t at, intptr_t end, intptr_t newlines,
    const word_scan_table *table, int width) {
  intptr_t count = end - at;
  if (count < word_scan_places || count > 64 + word_scan_places - 1)
    return word_scan_slowly(base, start, at, end, newlines, table);
  // No mark begins behind the first 64 bytes, for none would end before the text does.
  uint8_t rest[128] = {0};
  __builtin_memcpy(rest, base + at, (__SIZE_TYPE__)count);
  uint64_t bits;
  word_scan_noted noted = word_scan_stride(rest, 1, table, &bits, width);
  for (; bits != 0; bits &= bits - 1) {
    intptr_t mark = at + __builtin_ctzll(bits);
    if (mark + word_scan_places > end) break;
    intptr_t place = word_scan_check(base, &start, mark, end, table);
    if (place >= 0) return word_scan_found(base, place, at, newlines);
  }
  intptr_t behind = count > 64 ? word_scan_newlines(base, at + 64, end) : 0;
  word_scan_result none = {end, newlines + noted.newlines + behind};
  return none;
}

static inline word_scan_result word_scan_widely(
    const uint8_t *base, intptr_t start, intptr_t end, const word_scan_table *table, int width) {
  uint64_t marks[word_scan_blocks];
  intptr_t newlines = 0, at = start;
  // The first strides are short: where words are frequent, the next one is near.
  for (intptr_t most = 2;; most = most * 2 < word_scan_blocks ? most * 2 : word_scan_blocks) {
    // The last mark of a block reaches into the bytes behind it.
    intptr_t blocks = (end - at - (word_scan_places - 1)) / 64;
    if (blocks <= 0) return word_scan_rest(base, start, at, end, newlines, table, width);
    if (blocks > most) blocks = most;
    word_scan_noted noted = word_scan_stride(base + at, blocks, table, marks, width);
    for (; noted.blocks != 0; noted.blocks &= noted.blocks - 1) {
      int block = __builtin_ctz(noted.blocks);
      for (uint64_t bits = marks[block]; bits != 0; bits &= bits - 1) {
        intptr_t mark = at + block * 64 + __builtin_ctzll(bits);
        intptr_t place = word_scan_check(base, &start, mark, end, table);
        if (place >= 0) return word_scan_found(base, place, at, newlines);
      }
    }
    newlines += noted.newlines;
    at += blocks * 64;
  }
}

// The first word in the bytes from `start` up to `end`, and the newlines before it. `width` is what
// `word_scan_width` answers, or less.
static inline word_scan_result word_scan_find(
    const uint8_t *base, intptr_t start, intptr_t end, const word_scan_table *table, int width) {
  if (width > 0) return word_scan_widely(base, start, end, table, width);
  return word_scan_slowly(base, start, start, end, 0, table);
}

#include "lines.h"

#endif
