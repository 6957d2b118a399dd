#pragma once
#include <stdint.h>

/// A set-associative cache of two ways: a version, two tags, two data words a set.
struct c_cache {
  uint64_t *words;
  uint64_t mask;
};

struct c_cache c_cache_make(uint64_t sets);
void c_cache_fill(struct c_cache cache, uint64_t space, uint64_t iova, uint64_t data);

/// A look-up as the unit's: requester slot, then the set under its version. 0 for a miss.
uint64_t c_translate_hit(
    const uint64_t *requesters, uint64_t requester_mask, struct c_cache cache, uint64_t iova,
    uint64_t attributes);

/// Four dependent loads through tables in `memory`, with bounds, presence and reserved bits.
uint64_t c_walk(
    const uint8_t *memory, uint64_t size, uint64_t table, uint64_t iova, uint64_t reserved);

/// Memory for tables, zero until written; null where the host refuses.
uint8_t *c_memory_make(uint64_t size);
void c_memory_free(uint8_t *bytes, uint64_t size);

/// A miss as the unit's: two look-ups in vain, the four loads, two fills under a version.
uint64_t c_miss(
    struct c_cache pages, struct c_cache tables, const uint8_t *memory, uint64_t size,
    uint64_t table, uint64_t iova);
