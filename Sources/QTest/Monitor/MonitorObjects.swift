import KernelLog
import Text

/// The part of QEMU's object tree that clients look into: the machine, its devices, the types.
struct MonitorObjects {
  let machine: Q35Machine?
  let catalog: DeviceCatalog

  /// An object: its type, and its children by name.
  private struct Node {
    let type: String
    var children: [(name: String, node: Node)] = []
  }

  private var root: Node {
    guard let machine else {
      return Node(type: "container", children: [("machine", Node(type: "none-machine"))])
    }
    var named: [(name: String, node: Node)] = []
    var anonymous: [(name: String, node: Node)] = []
    func addAnonymous(_ type: String) {
      anonymous.append(("device[\(anonymous.count)]", Node(type: type)))
    }
    if machine.unit != nil { addAnonymous("intel-iommu") }
    for function in machine.functions {
      guard let model = function.model else { continue }
      if let name = function.name {
        named.append((name, Node(type: model)))
      } else {
        addAnonymous(model)
      }
    }
    let q35 = Node(type: "q35-pcihost", children: [("ioapic", Node(type: "ioapic"))])
    return Node(
      type: "container",
      children: [
        (
          "machine",
          Node(
            type: "pc-q35-10.0-machine",
            children: [
              ("peripheral", Node(type: "container", children: named)),
              ("peripheral-anon", Node(type: "container", children: anonymous)), ("q35", q35),
            ])
        )
      ])
  }

  private func node(at path: String) throws(MonitorError) -> Node {
    var node = root
    for part in path.split(separator: "/") {
      guard let child = node.children.first(where: { $0.name == part }) else {
        throw MonitorError("DeviceNotFound", "Device '\(path)' not found")
      }
      node = child.node
    }
    return node
  }

  /// qom-list.
  func list(_ path: String) throws(MonitorError) -> JSONValue {
    let children = try node(at: path).children.map { ($0.name, "child<\($0.node.type)>") }
    return .array(
      ([("type", "string")] + children).map {
        .object([("name", .string($0.0)), ("type", .string($0.1))])
      })
  }

  /// qom-get; the only property here is the type.
  func value(of property: String, at path: String) throws(MonitorError) -> JSONValue {
    let node = try node(at: path)
    guard property == "type" else {
      throw MonitorError("GenericError", "Property '\(node.type).\(property)' not found")
    }
    return .string(node.type)
  }

  /// qom-list-types: clients ask it which devices they may use.
  func types(implementing interface: String?) -> JSONValue {
    let pci = catalog.models.map { ($0, "pci-device") }
    let types: [(String, String)] =
      switch interface {
      case "pci-device", "conventional-pci-device": pci
      case "x86-iommu": [("intel-iommu", "x86-iommu")]
      case "machine": [("none-machine", "machine"), ("pc-q35-10.0-machine", "generic-pc-machine")]
      case nil, "device", "object": pci + [("intel-iommu", "x86-iommu")]
      default: []
      }
    return .array(
      types.map { .object([("name", .string($0.0)), ("parent", .string($0.1))]) })
  }
}
