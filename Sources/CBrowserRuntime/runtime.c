// What Embedded Swift asks of a C library, for the WebAssembly module: an allocator that frees,
// moving and comparing bytes, and the product of two 128-bit numbers. There is no system below it.
#include <stddef.h>
#include <stdint.h>

// The linker puts data and stack below this address; the heap begins here.
extern unsigned char __heap_base;

// --- Allocation -------------------------------------------------------------------------------------
//
// Blocks come in sizes of four steps to each doubling, from 16 bytes up. A freed block goes to the list
// of its size and is the next of that size that is handed out; it never changes its size. A block that
// no list has is cut from the end of the heap, which grows by pages of 64 KiB.

enum { block_alignment = 16, size_classes = 4 * 28, page_size = 1 << 16 };

// Stands before each block that is in use, so that `free` finds what it was cut from.
typedef struct {
  void *block;    // where the whole block begins
  uint32_t size_class;
  uint32_t unused[2];
} header;

// A block that is free; it lies where its bytes were.
typedef struct free_block {
  struct free_block *next;
} free_block;

static free_block *free_blocks[size_classes];
static uintptr_t heap_end;

// The class whose blocks hold `size` bytes; `size_classes` where none does.
static uint32_t class_of(size_t size) {
  if (size <= 16) return 0;
  if (size > (size_t)1 << 30) return size_classes;
  uint32_t power = 31 - (uint32_t)__builtin_clz((uint32_t)(size - 1));
  uint32_t step = (uint32_t)((size - 1) >> (power - 2)) & 3;
  return 4 * (power - 4) + step + 1;
}

// How many bytes the blocks of a class hold: 16, 20, 24, 28, 32, 40, 48, 56, 64 and so on.
static size_t size_of(uint32_t size_class) {
  return (size_t)(4 + size_class % 4) << (size_class / 4 + 2);
}

static void *block_at_end(size_t size) {
  if (heap_end == 0) heap_end = ((uintptr_t)&__heap_base + block_alignment - 1) & -block_alignment;
  size = (size + block_alignment - 1) & -(size_t)block_alignment;
  uint64_t wanted = (uint64_t)heap_end + size;
  uint64_t there = (uint64_t)__builtin_wasm_memory_size(0) * page_size;
  if (wanted > there) {
    uint64_t pages = (wanted - there + page_size - 1) / page_size;
    // A page or sixteen more than are needed: growing is a call of the browser's.
    uint64_t spare = pages + 16;
    if (wanted > UINT32_MAX ||
        (__builtin_wasm_memory_grow(0, (size_t)spare) == (size_t)-1 &&
         __builtin_wasm_memory_grow(0, (size_t)pages) == (size_t)-1))
      return NULL;
  }
  void *block = (void *)heap_end;
  heap_end += size;
  return block;
}

void *aligned_alloc(size_t alignment, size_t size) {
  size_t slack = alignment > block_alignment ? alignment : 0;
  if (size > (size_t)1 << 30 || slack > page_size) return NULL;
  uint32_t size_class = class_of(size + sizeof(header) + slack);
  if (size_class >= size_classes) return NULL;
  void *block = free_blocks[size_class];
  if (block) {
    free_blocks[size_class] = ((free_block *)block)->next;
  } else {
    block = block_at_end(size_of(size_class));
    if (!block) return NULL;
  }
  uintptr_t bytes = (uintptr_t)block + sizeof(header);
  if (slack) bytes = (bytes + alignment - 1) & -(uintptr_t)alignment;
  header *head = (header *)bytes - 1;
  head->block = block;
  head->size_class = size_class;
  return (void *)bytes;
}

void *malloc(size_t size) { return aligned_alloc(block_alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  *result = aligned_alloc(alignment, size);
  return *result ? 0 : 12;  // ENOMEM
}

void free(void *pointer) {
  if (!pointer) return;
  header head = ((header *)pointer)[-1];
  free_block *block = head.block;
  block->next = free_blocks[head.size_class];
  free_blocks[head.size_class] = block;
}

// --- Bytes ------------------------------------------------------------------------------------------

// Compiled with bulk memory, these are one instruction each.
void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  return __builtin_memcpy(to, from, size);
}

void *memmove(void *to, const void *from, size_t size) { return __builtin_memmove(to, from, size); }

void *memset(void *to, int value, size_t size) { return __builtin_memset(to, value, size); }

int memcmp(const void *first, const void *second, size_t size) {
  const unsigned char *left = first, *right = second;
  for (; size >= 8; left += 8, right += 8, size -= 8) {
    uint64_t a, b;
    __builtin_memcpy(&a, left, 8);
    __builtin_memcpy(&b, right, 8);
    if (a != b) break;
  }
  for (; size > 0; left++, right++, size--)
    if (*left != *right) return *left - *right;
  return 0;
}

void *memchr(const void *bytes, int value, size_t size) {
  const unsigned char *at = bytes;
  const uint64_t ones = 0x0101010101010101u, wanted = ones * (unsigned char)value;
  for (; size >= 8; at += 8, size -= 8) {
    uint64_t word;
    __builtin_memcpy(&word, at, 8);
    word ^= wanted;
    if ((word - ones) & ~word & (ones << 7)) break;
  }
  for (; size > 0; at++, size--)
    if (*at == (unsigned char)value) return (void *)at;
  return NULL;
}

// --- The rest ---------------------------------------------------------------------------------------

// Seeds of hashes: always the same, so that an answer is a function of its question.
void arc4random_buf(void *bytes, size_t size) { __builtin_memset(bytes, 7, size); }

int putchar(int character) { return character; }

uintptr_t __stack_chk_guard = 0x5bd1e995;

_Noreturn void __stack_chk_fail(void) { __builtin_trap(); }

// To the nearest integer, halves away from zero; WebAssembly has an instruction for each other way.
double round(double value) {
  double whole = __builtin_trunc(value);
  if (__builtin_fabs(value - whole) < 0.5) return whole;
  return whole + __builtin_copysign(1, value);
}

// The product of two 128-bit numbers, from products of their 32-bit halves.
__int128 __multi3(__int128 first, __int128 second) {
  uint64_t a = (uint64_t)first, b = (uint64_t)second;
  uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
  uint64_t low = a_low * b_low, left = a_low * b_high, right = a_high * b_low;
  uint64_t middle = (low >> 32) + (uint32_t)left + (uint32_t)right;
  uint64_t high = a_high * b_high + (left >> 32) + (right >> 32) + (middle >> 32);
  high += (uint64_t)((unsigned __int128)first >> 64) * b + a * (uint64_t)((unsigned __int128)second >> 64);
  return (__int128)((unsigned __int128)high << 64 | (middle << 32 | (uint32_t)low));
}
