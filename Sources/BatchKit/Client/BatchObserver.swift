/// Someone who is told what happens to jobs, event by event.
///
/// Observers are told in the midst of the work, and the work waits for them: hand slow things on. They can't
/// fail, and can't change what happens.
public struct BatchObserver: Sendable {
  private let receive: @Sendable (BatchEvent) -> Void

  /// Nobody.
  public static var silent: Self { Self { _ in } }

  /// A function of yours, called on whatever thread the work happens on.
  ///
  /// - Parameter body: called for each event, from several threads at once where parts go up side by side or
  ///   several jobs run.
  public static func calling(_ body: @escaping @Sendable (BatchEvent) -> Void) -> Self { Self(receive: body) }

  /// Several observers, told in order.
  public static func all(_ observers: Self...) -> Self {
    Self { event in
      for observer in observers { observer.tell(event) }
    }
  }

  private init(receive: @escaping @Sendable (BatchEvent) -> Void) { self.receive = receive }

  func tell(_ event: BatchEvent) { receive(event) }
}
