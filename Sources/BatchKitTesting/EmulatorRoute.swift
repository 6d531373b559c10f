import BatchKit
import Foundation

/// What a request asks for, read off its method and address.
///
/// It is read without the lock of the service, and never fails: what is no call of the service is an unknown
/// one, which the service itself answers and counts.
struct EmulatorRoute: Sendable {
  var call: EmulatorCall
  /// The id in the path, where there is one.
  var id = ""
  /// The endpoint, where the request runs directly.
  var endpoint: Endpoint?
  /// What follows the question mark.
  var query: [String: String] = [:]

  /// The route of `request`; whatever stands in front of the last `/v1/` is passed over.
  ///
  /// So a client may have any base address in front, as it has at look-alikes. A direct call is one only
  /// where the path is an endpoint that batches know.
  init(_ request: HTTPRequest) {
    call = .unknown
    let components = URLComponents(url: request.url, resolvingAgainstBaseURL: true)
    for item in components?.queryItems ?? [] { query[item.name] = item.value ?? "" }
    let path = components?.path ?? request.url.path
    guard let start = path.range(of: "/v1/", options: .backwards)?.upperBound else { return }
    let words = path[start...].split(separator: "/").map(String.init)
    switch (request.method.uppercased(), words.count, words.first) {
    case ("POST", 1, "files"): call = .uploadFile
    case ("GET", 1, "files"): call = .listFiles
    case ("GET", 2, "files"): call = .retrieveFile
    case ("DELETE", 2, "files"): call = .deleteFile
    case ("GET", 3, "files") where words[2] == "content": call = .downloadFile
    case ("GET", 3, "videos") where words[2] == "content": call = .downloadVideo
    case ("POST", 1, "batches"): call = .createBatch
    case ("GET", 1, "batches"): call = .listBatches
    case ("GET", 2, "batches"): call = .retrieveBatch
    case ("POST", 3, "batches") where words[2] == "cancel": call = .cancelBatch
    case ("POST", _, _):
      let endpoint = Endpoint("/v1/" + words.joined(separator: "/"))
      guard EmulatorService.endpoints.contains(endpoint) else { return }
      call = .runDirectly
      self.endpoint = endpoint
    default: return
    }
    if words.count > 1, call != .runDirectly { id = words[1] }
  }

  /// The number under `name` in the query, within bounds.
  /// - Throws: A refusal in the service's own words, which clients' messages are tested with.
  func limit(_ bounds: ClosedRange<Int>, default usual: Int) throws(Refusal) -> Int {
    guard let text = query["limit"] else { return usual }
    guard let limit = Int(text) else { throw Refusal.invalidType("limit", expected: "an integer") }
    if bounds.contains(limit) { return limit }
    let isAbove = limit > bounds.upperBound
    throw Refusal(
      400,
      "Invalid 'limit': integer \(isAbove ? "above maximum" : "below minimum") value. Expected a value "
        + "\(isAbove ? "<= \(bounds.upperBound)" : ">= \(bounds.lowerBound)"), but got \(limit) instead.",
      parameter: "limit", code: isAbove ? "integer_above_max_value" : "integer_below_min_value")
  }
}
