import KernelRuntime

func kernelRuntime() throws {
  var build = KernelBuild(release: "6.12")
  build.configuration.provesLocking = false
  build.configuration.dumpsTables = false
  build.hardwareName = "QEMU Standard PC (Q35 + ICH9, 2009)"
  print(build.ident)

  let idle = InterruptedContext.idle
  print(idle.task.name, idle.functions.last ?? "")
}
