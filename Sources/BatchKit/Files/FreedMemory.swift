#if canImport(Glibc)
  import Glibc
#endif

/// Memory that was needed for a moment and is not needed any more.
package enum FreedMemory {
  /// Less than this is not worth the walk through all that is allocated.
  private static let least = 4 << 20

  /// Gives back to the system what lies free, after so many bytes passed through.
  ///
  /// On Linux the network hands its bytes over by a queue that nothing holds back: where they come faster
  /// than the disk takes them, a whole file of answers is in memory for a moment. The allocator of glibc
  /// then keeps that room, and does so for each thread that ever had some, so that a job of 200 parts ends
  /// up with several times the memory that it needs at any one time. Elsewhere there is nothing to do.
  ///
  /// The call is looked up by its name, since Swift's picture of the C library leaves it out.
  package static func giveBack(after bytes: Int) {
    #if canImport(Glibc)
      guard bytes >= least, let trim = dlsym(nil, "malloc_trim") else { return }
      _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
    #endif
  }
}
