import BatchKit

print("not yet")
