// Configs: every text is a config or has a fault that can be shown.
#include "fuzz/require.h"
#include "slod/config/load.h"
#include "slod/decode/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slod;
  const std::string text(fuzz::text_of(data, size));
  if (text.find("include") != std::string::npos) return 0;  // would read files
  const config::Loaded loaded = config::load_text(text);
  bool error = false;
  for (const config::Fault& fault : loaded.faults) {
    error = error || !fault.warning;
    fuzz::require(decode::is_utf8(config::format_fault(fault, true)), "a fault can be printed");
  }
  fuzz::require(error == (loaded.config == nullptr), "a config, or an error");
  if (loaded.config) fuzz::require(!config::summary(*loaded.config).empty(), "a config can be summed up");
  return 0;
}
