#pragma once

/// Makes paths below /sys mean the same paths below `root` for this thread, or /sys again if `root`
/// is NULL. The text is copied; one that is longer than PATH_MAX leaves things as they were.
///
/// Only what libpciaccess and its Swift face call is redirected: open, stat, scandir and opendir.
/// A redirected file without any read permission cannot be opened, not even by root, so that tests
/// see the same whoever runs them.
void fake_sysfs_set_root(const char *root);

/// How many calls of this thread have been redirected since the root was set: a test can tell that
/// it did not look at the real machine.
unsigned fake_sysfs_redirections(void);
