#include "slod/core/result.h"

#include <cstdio>
#include <cstdlib>

namespace slod {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "slod: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace slod
