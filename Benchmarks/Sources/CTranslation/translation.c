#include "translation.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Sets of 8 words: a version, two tags, two data words.
struct c_cache c_cache_make(uint64_t sets) {
  struct c_cache cache = {aligned_alloc(64, sets * 64), (sets - 1) * 8};
  memset(cache.words, 0, sets * 64);
  return cache;
}

void c_cache_fill(struct c_cache cache, uint64_t space, uint64_t iova, uint64_t data) {
  uint64_t tag = (iova & ~0xfffull) ^ space;
  uint64_t *set = cache.words + (tag >> 10 & cache.mask);
  uint64_t way = tag >> 12 & 1;
  if (set[1 + way]) way = set[0] >> 1 & 1;
  set[0] += 2;
  set[1 + way] = tag;
  set[3 + way] = data | (space >> 12) << 55;
}

static inline uint64_t load(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

uint64_t c_translate_hit(
    const uint64_t *requesters, uint64_t requester_mask, struct c_cache cache, uint64_t iova,
    uint64_t attributes) {
  uint64_t word = load(&requesters[(attributes ^ attributes >> 16) & requester_mask]);
  if ((word ^ attributes) << 23) return 0;
  uint64_t tag = (iova & ~0xfffull) ^ word >> 43;
  const uint64_t *set = cache.words + (tag >> 10 & cache.mask);
  uint64_t version = load(&set[0]) & ~1ull;
  uint64_t way = tag >> 12 & 1;
  if (load(&set[1 + way]) != tag) {
    way ^= 1;
    if (load(&set[1 + way]) != tag) return 0;
  }
  uint64_t data = load(&set[3 + way]);
  if (__atomic_load_n(&set[0], __ATOMIC_RELAXED) != version) return 0;
  if (((data ^ word) & attributes) >> 52) return 0;
  return (data & 0x000ffffffffff000ull) | (iova & 0xfff);
}

__attribute__((noinline)) uint64_t c_walk(
    const uint8_t *memory, uint64_t size, uint64_t table, uint64_t iova, uint64_t reserved) {
  uint64_t permissions = 3;
  for (int level = 4;; level--) {
    uint64_t address = table + ((iova >> (12 + 9 * (level - 1))) & 0x1ff) * 8;
    if (address > size - 8) return 0;
    uint64_t entry;
    memcpy(&entry, memory + address, 8);
    if (!(entry & 3) || entry & reserved) return 0;
    permissions &= entry;
    if (level == 1)
      return permissions & 1 ? (entry & 0x000ffffffffff000ull) | (iova & 0xfff) : 0;
    table = entry & 0x000ffffffffff000ull;
  }
}

uint8_t *c_memory_make(uint64_t size) {
  void *bytes = mmap(
      0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (bytes == MAP_FAILED) return 0;
  // As the unit's memory has it, so that both miss the same TLBs.
  madvise(bytes, size, MADV_NOHUGEPAGE);
  return bytes;
}

void c_memory_free(uint8_t *bytes, uint64_t size) { munmap(bytes, size); }

// Looks for a tag, and fills the set under its version if it is not there, as a unit's miss does.
static int look_up(struct c_cache cache, uint64_t tag, uint64_t place, uint64_t *version) {
  const uint64_t *set = cache.words + place;
  *version = load(&set[0]) & ~1ull;
  return load(&set[1]) == tag || load(&set[2]) == tag;
}

static void keep(
    struct c_cache cache, uint64_t tag, uint64_t place, uint64_t data, uint64_t version) {
  uint64_t *set = cache.words + place;
  if (!__atomic_compare_exchange_n(
          &set[0], &version, version + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return;
  uint64_t way = version >> 1 & 1;
  __atomic_store_n(&set[3 + way], data, __ATOMIC_RELEASE);
  __atomic_store_n(&set[1 + way], tag, __ATOMIC_RELEASE);
  __atomic_store_n(&set[0], version + 2, __ATOMIC_RELEASE);
}

__attribute__((noinline)) uint64_t c_miss(
    struct c_cache pages, struct c_cache tables, const uint8_t *memory, uint64_t size,
    uint64_t table, uint64_t iova) {
  uint64_t page_tag = iova & ~0xfffull, table_tag = iova & ~0x1fffffull;
  uint64_t page_place = page_tag >> 10 & pages.mask, table_place = table_tag >> 18 & tables.mask;
  uint64_t page_version, table_version;
  if (look_up(pages, page_tag, page_place, &page_version)) return 0;
  if (look_up(tables, table_tag, table_place, &table_version)) return 0;
  uint64_t page = c_walk(memory, size, table, iova, 1ull << 62 | 0x880);
  keep(pages, page_tag, page_place, page, page_version);
  keep(tables, table_tag, table_place, page, table_version);
  return page;
}
