#ifndef DMAR_BUILD_INFO_H
#define DMAR_BUILD_INFO_H

/// The commit that the program was built from, such as `0804218`, with a + behind it where files were
/// changed; `unknown` where nobody told: `make` does.
const char *_Nonnull dmar_build_commit(void);

#endif
