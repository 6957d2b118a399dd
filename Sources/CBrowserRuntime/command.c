// The module as a WASI command, for runtimes without a page: a question on standard input, its answer on
// standard output. Only the tests use it.
#include <stddef.h>
#include <stdint.h>

typedef struct {
  void *bytes;
  uint32_t size;
} piece;

__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_read")))
extern int fd_read(int descriptor, const piece *pieces, uint32_t count, uint32_t *size);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("fd_write")))
extern int fd_write(int descriptor, const piece *pieces, uint32_t count, uint32_t *size);

void *malloc(size_t size);
void free(void *pointer);
void *call(const void *question, intptr_t size);

void _start(void) {
  size_t room = 1 << 20, size = 0;
  char *question = malloc(room);
  while (question) {
    piece rest = {question + size, (uint32_t)(room - size)};
    uint32_t count = 0;
    if (fd_read(0, &rest, 1, &count) != 0 || count == 0) break;
    size += count;
    if (size < room) continue;
    char *larger = malloc(room * 2);
    if (!larger) __builtin_trap();
    __builtin_memcpy(larger, question, size);
    free(question);
    question = larger;
    room *= 2;
  }
  if (!question) __builtin_trap();
  char *answer = call(question, (intptr_t)size);
  uint32_t left;
  __builtin_memcpy(&left, answer, sizeof left);
  for (char *at = answer + sizeof left; left > 0;) {
    piece rest = {at, left};
    uint32_t count = 0;
    if (fd_write(1, &rest, 1, &count) != 0 || count == 0) __builtin_trap();
    at += count;
    left -= count;
  }
}
