extension ModelRules {
  /// What was known of OpenAI's models when this version of the library was made; see ``updated``.
  ///
  /// It is general knowledge of the models that OpenAI has described in public, put together by hand and
  /// checked against no service: the machine-readable description of the service names neither how much a
  /// model reads nor what it refuses. So it never makes more than a warning, and it will be out of date when
  /// you read this. An entry of your own, added by `adding(_:)`, counts before these; of what is not listed
  /// nothing is known, and nothing is said.
  /// ```swift
  /// let rules = ModelRules.builtIn.adding(.init("gpt-6*", contextTokens: 2_000_000))
  /// ```
  public static let builtIn = ModelRules(
    updated: "2026-11-21",
    families: [
      Family("gpt-3.5-turbo*", contextTokens: 16_385),
      Family("gpt-4", "gpt-4-0*", contextTokens: 8192),
      Family("gpt-4-32k*", contextTokens: 32_768),
      Family("gpt-4-turbo*", "gpt-4o*", "chatgpt-4o*", contextTokens: 128_000),
      Family("gpt-4.1*", contextTokens: 1_047_576),
      Family("gpt-5*", refuses: reasoning, refusesWhileReasoning: sampling),
      Family(
        "gpt-5", "gpt-5-20*", "gpt-5-mini*", "gpt-5-nano*", contextTokens: 400_000,
        refuses: reasoning.merging(sampling) { own, _ in own }),
      Family("gpt-5-chat*", contextTokens: 128_000),
      Family(
        "o1*", "o3*", "o4-mini*", contextTokens: 200_000,
        refuses: reasoning.merging(sampling) { own, _ in own }),
      Family(
        "o1-mini*", "o1-preview*", contextTokens: 128_000,
        refuses: reasoning.merging(sampling) { own, _ in own }),
      Family("text-embedding-3-*", "text-embedding-ada-002", contextTokens: 8192),
      Family(
        "gpt-4o-realtime*", "gpt-4o-mini-realtime*", "gpt-realtime*", "gpt-4o-transcribe*",
        "gpt-4o-mini-transcribe*", "gpt-4o-mini-tts*", "whisper*", "tts-*", isBatchable: false),
    ])

  /// What models that reason refuse whatever they are asked.
  private static let reasoning = [
    "max_tokens": "set “max_completion_tokens” instead",
    "presence_penalty": "leave it out",
    "frequency_penalty": "leave it out",
    "logit_bias": "leave it out",
  ]

  /// What steers the choice of each word, which a model that reasons leaves to itself.
  private static let sampling = [
    "temperature": "leave it out",
    "top_p": "leave it out",
    "logprobs": "leave it out",
    "top_logprobs": "leave it out",
  ]

  /// Parameters that belong to another endpoint, and what they are called at this one.
  static let misplaced: [Endpoint: [String: String]] = [
    .chatCompletions: [
      "input": "put it into “messages”",
      "instructions": "make it a system message",
      "max_output_tokens": "set “max_completion_tokens” instead",
      "reasoning": "set “reasoning_effort” instead",
      "text": "set “response_format” or “verbosity” instead",
    ],
    .responses: [
      "messages": "put them into “input”",
      "max_tokens": "set “max_output_tokens” instead",
      "max_completion_tokens": "set “max_output_tokens” instead",
      "reasoning_effort": "set “effort” in “reasoning” instead",
      "response_format": "set “format” in “text” instead",
      "stop": "leave it out",
      "seed": "leave it out",
      "n": "leave it out",
    ],
  ]
}
