extension Problem {
  static var noModel: Self {
    Self(.error, "invalid_request", "The body names no “model”, and the service needs one; name it.")
  }

  static func noInput(_ name: String, _ endpoint: Endpoint) -> Self {
    Self(
      .error, "invalid_request",
      "The body has no “\(name)”, which \(endpoint) can't do without; write what is asked into it.")
  }

  static func longLine(_ count: Int, _ most: Int) -> Self {
    Self(.error, "line_too_long", "The request has \(count) bytes, and one may have \(most); shorten it.")
  }

  static func tooManyInputs(_ count: Int, _ most: Int) -> Self {
    Self(
      .error, "too_many_inputs",
      "The request wants \(count) texts embedded, and a whole batch may want \(most); divide it.")
  }

  static func longID(_ count: Int, _ most: Int) -> Self {
    Self(
      .error, "invalid_custom_id",
      "The id has \(count) characters, and one may have \(most); give it a shorter one.")
  }

  static func tooLong(_ tokens: Int, _ most: Int, _ model: String) -> Self {
    Self(
      .warning, "context_length_exceeded",
      "By an estimate it has \(tokens) tokens to read, and \(model) takes \(most); shorten it if that is so.")
  }

  static var emptyPrompt: Self {
    Self(
      .warning, "empty_prompt", "Nothing is asked: the prompt is empty; fill it in, or leave the request out."
    )
  }

  static var emptyInput: Self {
    Self(
      .warning, "empty_prompt",
      "One of its texts is empty, for which services answer with an error; leave that text out.")
  }

  static func unfilled(_ placeholder: String) -> Self {
    Self(
      .warning, "unfilled_placeholder",
      "“\(placeholder)” stands in its text, as if a column had not been filled in; see whether it is meant.")
  }

  static var manyInputs: Self {
    Self(
      .warning, "too_many_inputs",
      "It wants more than 2048 texts embedded, for which services answer with an error; divide it.")
  }

  static var unnamedJSON: Self {
    Self(
      .warning, "unnamed_json",
      "It asks for a JSON object, and “JSON” is nowhere in its messages, which services refuse; say it there."
    )
  }

  static func unbatchable(_ model: Model) -> Self {
    Self(
      .warning, "model_not_found",
      "\(model) can't be asked in a batch, as far as we know; "
        + "take another model, or ask it request by request."
    )
  }

  static func misplaced(_ name: String, _ endpoint: Endpoint, _ remedy: String) -> Self {
    Self(
      .warning, "unknown_parameter",
      "“\(name)” belongs to another endpoint, and \(endpoint) may refuse it; \(remedy).")
  }

  static func refused(_ name: String, _ model: Model, _ remedy: String) -> Self {
    Self(
      .warning, "unsupported_parameter", "\(model) refuses “\(name)”, as far as we know; \(remedy).")
  }
}
