// The path /sys/bus/pci/devices is compiled into libpciaccess. A test executable that defines the
// functions by which the library reaches it comes before the C library in the search for symbols,
// so it can point them elsewhere: no preload, no name space, no special rights.
#define _GNU_SOURCE
#include "fake_sysfs.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static _Thread_local char fake_root[PATH_MAX];
static _Thread_local unsigned redirections;

void fake_sysfs_set_root(const char *root) {
  if (root == NULL) {
    fake_root[0] = '\0';
  } else if (strlen(root) < sizeof fake_root) {
    strcpy(fake_root, root);
  }
  redirections = 0;
}

unsigned fake_sysfs_redirections(void) { return redirections; }

// The path to use for `path`: `buffer` where it is redirected.
static const char *redirect(const char *path, char buffer[static 2 * PATH_MAX]) {
  if (fake_root[0] == '\0' || strncmp(path, "/sys/", 5) != 0) return path;
  if (snprintf(buffer, 2 * PATH_MAX, "%s%s", fake_root, path) >= 2 * PATH_MAX) return path;
  redirections++;
  return buffer;
}

typedef int (*stat_function)(const char *, struct stat *);
typedef int (*open_function)(const char *, int, ...);
typedef DIR *(*opendir_function)(const char *);
typedef int (*scandir_function)(const char *, struct dirent ***,
                                int (*)(const struct dirent *),
                                int (*)(const struct dirent **, const struct dirent **));

// Whether nobody may read what is redirected. Root could, but must not here.
static int is_forbidden(const char *path, const char *target) {
  struct stat attributes;
  stat_function real = (stat_function)dlsym(RTLD_NEXT, "stat");
  return target != path && real(target, &attributes) == 0 && (attributes.st_mode & 0444) == 0;
}

int stat(const char *path, struct stat *attributes) {
  char buffer[2 * PATH_MAX];
  return ((stat_function)dlsym(RTLD_NEXT, "stat"))(redirect(path, buffer), attributes);
}

int open(const char *path, int flags, ...) {
  char buffer[2 * PATH_MAX];
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  const char *target = redirect(path, buffer);
  if (is_forbidden(path, target)) {
    errno = EACCES;
    return -1;
  }
  return ((open_function)dlsym(RTLD_NEXT, "open"))(target, flags, mode);
}

// What the fortified open compiles to.
int __open_2(const char *path, int flags) { return open(path, flags, 0); }

DIR *opendir(const char *path) {
  char buffer[2 * PATH_MAX];
  const char *target = redirect(path, buffer);
  if (is_forbidden(path, target)) {
    errno = EACCES;
    return NULL;
  }
  return ((opendir_function)dlsym(RTLD_NEXT, "opendir"))(target);
}

int scandir(const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **)) {
  char buffer[2 * PATH_MAX];
  const char *target = redirect(path, buffer);
  if (is_forbidden(path, target)) {
    errno = EACCES;
    return -1;
  }
  return ((scandir_function)dlsym(RTLD_NEXT, "scandir"))(target, list, filter, compare);
}
