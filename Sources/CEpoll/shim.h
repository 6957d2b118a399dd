// Linux' event calls, which the Glibc module leaves out.
#include <sys/epoll.h>
#include <sys/signalfd.h>
