#include "translation.h"
#include <stdlib.h>
#include <string.h>

struct c_cache c_cache_make(uint64_t sets) {
  struct c_cache cache = {calloc(sets * 9, 8), sets - 1};
  return cache;
}

void c_cache_fill(struct c_cache cache, uint64_t space, uint64_t iova, uint64_t data) {
  uint64_t *set = cache.words + ((iova >> 12 ^ space) & cache.set_mask) * 9;
  uint64_t way = set[0]++ & 3;
  set[1 + way] = (iova & ~0xfffull) | (space & 0xfff);
  set[5 + way] = data | (space >> 12) << 52;
  set[0] += 1;
}

__attribute__((noinline)) uint64_t c_translate_hit(
    const uint64_t *requesters, uint64_t requester_mask, struct c_cache cache, uint64_t iova,
    uint64_t attributes) {
  uint64_t word = __atomic_load_n(
      &requesters[(attributes ^ attributes >> 16) & requester_mask], __ATOMIC_ACQUIRE);
  if ((word ^ attributes) << 23) return 0;
  uint64_t space = word >> 41;
  const uint64_t *set = cache.words + ((iova >> 12 ^ space) & cache.set_mask) * 9;
  uint64_t version = __atomic_load_n(&set[0], __ATOMIC_ACQUIRE);
  if (version & 1) return 0;
  uint64_t tag = (iova & ~0xfffull) | (space & 0xfff);
  uint64_t data = 0;
  for (int way = 0; way < 4; way++)
    if (__atomic_load_n(&set[1 + way], __ATOMIC_RELAXED) == tag) {
      data = __atomic_load_n(&set[5 + way], __ATOMIC_ACQUIRE);
      break;
    }
  if (__atomic_load_n(&set[0], __ATOMIC_RELAXED) != version) return 0;
  if (data >> 52 != space >> 12) return 0;
  if (attributes >> 52 & ~data & 0xe00) return 0;
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
