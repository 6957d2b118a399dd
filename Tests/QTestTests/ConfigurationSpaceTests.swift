import QTest
import Testing

@Suite struct ConfigurationSpaceTests {
  @Test("a scan of bus 0 finds what QEMU's machine has, and the devices after it")
  func scan() throws {
    let launch = try Launch([
      "-M", "q35", "-net", "none", "-device", "intel-iommu", "-device", "edu", "-device",
      "iommu-testdev,addr=1a.0",
    ])
    let conversation = try Conversation(launch.machine ?? Q35Configuration())
    let found = (0..<256).compactMap { devfn in
      conversation.configuration(devfn, 0).flatMap { $0 == 0xffff_ffff ? nil : (devfn, $0) }
    }
    #expect(found.map(\.0) == [0, 8, 0x10, 0xd0, 0xf8, 0xfa, 0xfb])
    #expect(
      found.map(\.1) == [
        0x29c0_8086, 0x1111_1234, 0x11e8_1234, 0x0005_1b36, 0x2918_8086, 0x2922_8086, 0x2930_8086,
      ])
  }

  @Test("the low bits of CONFIG_ADDRESS count, as clients that write them there expect")
  func unalignedAddress() throws {
    let conversation = try Conversation.edu()
    _ = conversation.ask("outl 0xcf8 0x80000802")
    #expect(conversation.number("inw 0xcfc") == 0x11e8)
    #expect(conversation.number("inb 0xcfd") == 0x11)
    #expect(conversation.number("inl 0xcfd") == 0xff11_e811)
    #expect(conversation.number("inw 0xcff") == 0xff11)
    #expect(conversation.number("inb 0xcfb") == 0x02)
    _ = conversation.ask("outb 0xcf8 0")
    #expect(conversation.number("inl 0xcf8") == 0x8000_0802)
    _ = conversation.ask("outl 0xcf8 0x00000800")
    #expect(conversation.number("inl 0xcfc") == 0xffff_ffff)
    _ = conversation.ask("outl 0xcf8 0x80010800")
    #expect(conversation.number("inl 0xcfc") == 0xffff_ffff)
  }

  @Test("a BAR tells its size, takes an address, and answers there once COMMAND says so")
  func bar() throws {
    let conversation = try Conversation(arguments: ["-device", "iommu-testdev"])
    conversation.configure(8, 0x10, 0xffff_ffff)
    #expect(conversation.configuration(8, 0x10) == 0xffff_f000)
    conversation.configure(8, 0x10, 0xe000_0123)
    #expect(conversation.configuration(8, 0x10) == 0xe000_0000)
    #expect(conversation.number("readl 0xe0000018") == 0)
    conversation.configure(8, 4, 0xffff)
    #expect(conversation.configuration(8, 4) == 0x507)
    #expect(conversation.ask("read 0xe0000018 4") == "OK 0x02000000")
    conversation.configure(8, 0x10, 0xe010_0000)
    #expect(conversation.number("readl 0xe0000018") == 0)
    #expect(conversation.number("readl 0xe0100018") == 2)
    conversation.configure(8, 0x10, 0)
    #expect(conversation.number("readl 0x18") == 0)
  }

  @Test("a BAR may be put anywhere, and what is there already comes first")
  func overlaps() throws {
    let conversation = try Conversation.edu()
    for base: UInt32 in [0x0010_0000, 0xfed0_0000, 0xfff0_0000, 0xfec0_0000] {
      conversation.enable(at: base)
      #expect(conversation.number("readq 0xfed90008") == 0xd2_008c_222f_0606)
      #expect(conversation.number("readl 0x100000") == 0)
    }
    // The last MiB below 4 GiB would end with the last address: it is not mapped.
    conversation.enable(at: 0xfff0_0000)
    #expect(conversation.number("readl 0xfff00000") == 0)
  }

  @Test("ECAM shows the same configuration space once PCIEXBAR enables it")
  func enhanced() throws {
    let conversation = try Conversation.edu()
    #expect(conversation.number("readl 0xb0008000") == 0)
    conversation.configure(0, 0x60, 0xb000_0001)
    #expect(conversation.number("readl 0xb0008000") == 0x11e8_1234)
    #expect(conversation.number("readq 0xb0008000") == 0x0010_0000_11e8_1234)
    #expect(conversation.number("readb 0xb0008001") == 0x12)
    #expect(conversation.number("readl 0xb0008100") == 0xffff_ffff)
    #expect(conversation.number("readl 0xb0108000") == 0xffff_ffff)
    _ = conversation.ask("writew 0xb0008004 7")
    #expect(conversation.configuration(8, 4) == 0x10_0007)
  }

  @Test("a reset puts configuration space and the unit back, and leaves memory alone")
  func reset() throws {
    let conversation = try Conversation.edu()
    conversation.enable()
    _ = conversation.ask("writel 0x1000 7")
    _ = conversation.ask("writel 0xfed90038 0")
    conversation.machine.reset()
    #expect(conversation.configuration(8, 4) == 0x10_0000)
    #expect(conversation.configuration(8, 0x10) == 0)
    #expect(conversation.number("readl 0xfed90038") == 0x8000_0000)
    #expect(conversation.number("readl 0x1000") == 7)
    #expect(conversation.number("inl 0xcf8") != nil)
  }
}
