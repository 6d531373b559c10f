extension LineError {
  /// What to do about it, as an order to oneself: `shorten the prompt or choose a larger model`.
  public var remedy: String { Self.remedies[code] ?? kindRemedy }

  /// What helps against the usual codes of services, which say more than the kind does.
  private static let remedies: [String: String] = [
    "context_length_exceeded": "shorten the prompt or choose a larger model",
    "string_above_max_length": "shorten the text that the message names",
    "rate_limit_exceeded": "retry these rows",
    "request_timeout": "retry these rows",
    "server_error": "retry these rows",
    "overloaded": "retry these rows later",
    "insufficient_quota": "add credit to the account, then retry these rows",
    "billing_hard_limit_reached": "raise the account's limit, then retry these rows",
    "billing_not_active": "activate billing for the account, then retry these rows",
    "model_not_found": "check the model's name and whether the account may use it",
    "invalid_api_key": "check the key",
    "content_policy_violation": "reword the prompts or leave these rows out",
    "unsupported_parameter": "take out the setting that the message names",
    "unsupported_value": "change the setting that the message names",
    "invalid_value": "change the setting that the message names",
    "invalid_image_url": "check that the image can be fetched without a login",
    "token_limit_exceeded": "wait for other batches to end, then retry these rows",
  ]

  private var kindRemedy: String {
    switch kind {
    case .truncated: "allow the answers more tokens"
    case .refusal: "reword the prompts or leave these rows out"
    case .filtered: "reword the prompts or leave these rows out"
    case .undecodable: "look at one of the answers; a strict schema keeps a model to the type"
    case .leftOut: "retry these rows, which then go alone"
    case .expired, .cancelled, .missing: "retry these rows"
    case .empty: "retry these rows, or choose another model"
    case .unreadable: "fetch the result files again, or retry these rows"
    case .rejected:
      isWorthRetrying ? "repair the request that was refused, then retry these rows" : "repair the request"
    default: isWorthRetrying ? "retry these rows" : "change the request as the message says"
    }
  }
}
