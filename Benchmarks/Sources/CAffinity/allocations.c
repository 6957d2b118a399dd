// Counts what the program allocates: the executable's malloc is found before the C library's.
#include "affinity.h"

#include <stddef.h>

extern void *__libc_malloc(size_t size);

static unsigned long count;

void *malloc(size_t size) {
  count++;
  return __libc_malloc(size);
}

unsigned long allocations_so_far(void) { return count; }
