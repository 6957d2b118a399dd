import Glossary

func glossary() throws {
  if let term = Terms.term("IOTLB") {
    print("\(term.name): \(term.meaning)")
    print(term.related)
  }
  print(Terms.suggestions(for: "cach", limit: 3).map(\.name))
}
