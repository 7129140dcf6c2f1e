#include "unit/journal/conformance.h"

namespace slod::journal::test {
namespace {

struct MemoryBackend {
  static constexpr bool kDurable = false;
  Result<std::unique_ptr<Journal>> open(Dictionary& dictionary, bool seals = false) {
    JournalOptions options;
    options.seals = seals;
    return make_memory_journal(dictionary, options);
  }
};

struct SqliteBackend {
  static constexpr bool kDurable = true;
  Result<std::unique_ptr<Journal>> open(Dictionary& dictionary, bool seals = false) {
    JournalOptions options;
    options.seals = seals;
    options.dir = dir_.path();
    return open_sqlite_journal(options, dictionary);
  }
  TempDir dir_;
};

/// A new segment every few groups: everything must hold across their borders too.
struct ShortSegmentsBackend {
  static constexpr bool kDurable = true;
  Result<std::unique_ptr<Journal>> open(Dictionary& dictionary, bool seals = false) {
    JournalOptions options;
    options.seals = seals;
    options.dir = dir_.path();
    options.segment_length = seconds(7);
    return open_sqlite_journal(options, dictionary);
  }
  TempDir dir_;
};

using Backends = ::testing::Types<MemoryBackend, SqliteBackend, ShortSegmentsBackend>;
INSTANTIATE_TYPED_TEST_SUITE_P(Journals, JournalConformance, Backends);

}  // namespace
}  // namespace slod::journal::test
