// Swift's Glibc module leaves out what needs _GNU_SOURCE.
#define _GNU_SOURCE
#include "affinity.h"

#include <sched.h>

void pin_to_this_processor(void) {
  int cpu = sched_getcpu();
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}
