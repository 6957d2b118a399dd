// Linux' event calls, which the Glibc module leaves out.
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

// The process is to end when its parent does. Swift cannot call prctl, whose arguments vary.
static inline int dmar_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGTERM); }
