#ifndef AFFINITY_H
#define AFFINITY_H

/// Keeps the calling thread on the processor that it runs on.
void pin_to_this_processor(void);

/// How often malloc was called.
unsigned long allocations_so_far(void);

#endif
