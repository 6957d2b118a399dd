// Whoever uses the kernel meets the runtime's values: builds, tasks, events, what a kernel dies of.
@_exported public import KernelRuntime
