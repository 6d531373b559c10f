public import BatchKit
