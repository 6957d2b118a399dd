#include "build-info.h"

// Written by `make` before it builds; a build without it works as well.
#if __has_include("commit.h")
#include "commit.h"
#endif
#ifndef DMAR_COMMIT
#define DMAR_COMMIT "unknown"
#endif

const char *dmar_build_commit(void) { return DMAR_COMMIT; }
