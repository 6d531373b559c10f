import BatchKit
import Foundation

/// All that Swift would print of a value, by any way that a log or a debugger might take.
func everythingShown(of value: Any) -> String {
  var dumped = ""
  dump(value, to: &dumped)
  var texts = [dumped, "\(value)", String(describing: value), String(reflecting: value)]
  texts.append(mirrored(Mirror(reflecting: value)))
  texts.append("\(Optional(value) as Any)")
  texts.append("\([value])")
  texts.append("\(["key": value])")
  if let error = value as? any Error {
    texts += [error.localizedDescription, "\(error as NSError)", "\((error as NSError).userInfo)"]
  }
  if let encodable = value as? any Encodable, let data = try? JSONEncoder().encode(encodable) {
    texts.append(String(decoding: data, as: UTF8.self))
  }
  return texts.joined(separator: "\n")
}

private func mirrored(_ mirror: Mirror) -> String {
  mirror.children.map { child in
    "\(child.label ?? "") \(child.value) \(mirrored(Mirror(reflecting: child.value)))"
  }.joined(separator: "\n")
}
