// Lets QEMU's edu device transfer data to or from an address, which is how a guest gets a fault on demand.
//
//   edu FUNCTION write|read ADDRESS BYTES        edu 0000:00:1a.0 write 0x4000 16
//   edu REGISTERS write|read ADDRESS BYTES       edu 0xfea00000 write 0x4000 16
//
// The second form names the physical address of the registers, for a function that the kernel has removed.
// It works from user space through sysfs: no driver is bound, so the kernel has mapped nothing for the
// function and each address faults. The device's registers are described in QEMU's docs/specs/edu.txt.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  dma_source = 0x80,
  dma_destination = 0x88,
  dma_count = 0x90,
  dma_command = 0x98,
  // Where the device's own buffer lies in its view.
  buffer = 0x40000,
  start = 1,
  to_memory = 2,
  command_register = 4,
  memory_space_and_bus_master = 6,
};

static int fail(const char *what) {
  fprintf(stderr, "edu: %s: %s\n", what, strerror(errno));
  return 1;
}

static int open_file(const char *function, const char *name, int flags) {
  char path[256];
  snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", function, name);
  return open(path, flags);
}

int main(int count, char **arguments) {
  if (count != 5) {
    fprintf(stderr, "usage: edu FUNCTION|REGISTERS write|read ADDRESS BYTES\n");
    return 64;
  }
  const char *function = arguments[1];
  const int writes = strcmp(arguments[2], "write") == 0;
  const uint64_t address = strtoull(arguments[3], NULL, 0);
  const uint64_t bytes = strtoull(arguments[4], NULL, 0);

  const int is_removed = strncmp(function, "0x", 2) == 0;
  int resource;
  if (is_removed) {
    resource = open("/dev/mem", O_RDWR | O_SYNC);
    if (resource < 0) return fail("/dev/mem");
  } else {
    int enable = open_file(function, "enable", O_WRONLY);
    if (enable < 0 || write(enable, "1", 1) != 1) return fail("enable");
    close(enable);
    int configuration = open_file(function, "config", O_RDWR);
    uint16_t command;
    if (configuration < 0 || pread(configuration, &command, 2, command_register) != 2) return fail("config");
    command |= memory_space_and_bus_master;
    if (pwrite(configuration, &command, 2, command_register) != 2) return fail("config");
    close(configuration);
    resource = open_file(function, "resource0", O_RDWR | O_SYNC);
    if (resource < 0) return fail("resource0");
  }
  const off_t place = is_removed ? (off_t)strtoull(function, NULL, 0) : 0;
  volatile uint8_t *registers = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, resource, place);
  if (registers == MAP_FAILED) return fail("mmap");

  *(volatile uint64_t *)(registers + dma_source) = writes ? buffer : address;
  *(volatile uint64_t *)(registers + dma_destination) = writes ? address : buffer;
  *(volatile uint64_t *)(registers + dma_count) = bytes;
  *(volatile uint64_t *)(registers + dma_command) = start | (writes ? to_memory : 0);
  for (int tries = 0; tries < 2000; tries++) {
    if (!(*(volatile uint64_t *)(registers + dma_command) & start)) return 0;
    usleep(1000);
  }
  fprintf(stderr, "edu: the transfer did not end\n");
  return 1;
}
