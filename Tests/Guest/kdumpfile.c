// Lists the pages that an image's legacy tables map, with every byte of the image read by libkdumpfile: a
// judge of our own reader of dumps that shares no code with it.
//
//   kdumpfile IMAGE ROOT        prints "IOVA PHYSICAL" in hexadecimal for each page of 4 KiB
#include <fcntl.h>
#include <inttypes.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kdump_ctx_t *dump;
static const uint64_t page = 4096;
static const uint64_t address_bits = 0x000ffffffffff000;

static void read_page(uint64_t address, uint64_t *words) {
  size_t length = page;
  if (kdump_read(dump, KDUMP_MACHPHYSADDR, address, words, &length) != KDUMP_OK || length != page) {
    fprintf(stderr, "kdumpfile: 0x%" PRIx64 ": %s\n", address, kdump_get_err(dump));
    exit(1);
  }
}

static void walk(uint64_t table, int level, uint64_t first) {
  uint64_t words[512];
  read_page(table, words);
  for (int index = 0; index < 512; index++) {
    if (!(words[index] & 3)) continue;
    uint64_t address = first + ((uint64_t)index << (12 + 9 * (level - 1)));
    if (level > 1 && words[index] & 1 << 7) {
      // A superpage: its pages one by one.
      for (uint64_t inside = 0; inside < (uint64_t)1 << (12 + 9 * (level - 1)); inside += page) {
        printf("%" PRIx64 " %" PRIx64 "\n", address + inside, (words[index] & address_bits) + inside);
      }
    } else if (level > 1) {
      walk(words[index] & address_bits, level - 1, address);
    } else {
      printf("%" PRIx64 " %" PRIx64 "\n", address, words[index] & address_bits);
    }
  }
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  dump = kdump_new();
  int file = open(arguments[1], O_RDONLY);
  if (file < 0 || kdump_open_fd(dump, file) != KDUMP_OK) {
    fprintf(stderr, "kdumpfile: %s: %s\n", arguments[1], kdump_get_err(dump));
    return 1;
  }
  uint64_t root[512], context[512];
  uint64_t done[1024];
  int domains = 0;
  read_page(strtoull(arguments[2], NULL, 16), root);
  for (int bus = 0; bus < 256; bus++) {
    if (!(root[2 * bus] & 1)) continue;
    read_page(root[2 * bus] & address_bits, context);
    for (int function = 0; function < 256; function++) {
      uint64_t low = context[2 * function], high = context[2 * function + 1];
      // Present, and translated through the second stage; each domain once.
      if (!(low & 1) || (low & 0xc)) continue;
      int known = 0;
      for (int n = 0; n < domains; n++) known |= done[n] == (low & address_bits);
      if (known || domains == 1024) continue;
      done[domains++] = low & address_bits;
      walk(low & address_bits, (int)(high & 7) + 2, 0);
    }
  }
  return 0;
}
