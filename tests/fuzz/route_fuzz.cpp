// Templates and paths: a template without fault matches itself with its captures filled in, and no path
// breaks the matcher. "template\npath\npath...".
#include "fuzz/require.h"
#include "route/percent.h"
#include "slod/decode/utf8.h"
#include "slod/route/router.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slod;
  std::string_view text = fuzz::text_of(data, size);
  const std::size_t newline = std::min(text.find('\n'), text.size());
  const std::string route(text.substr(0, newline));
  text.remove_prefix(std::min(newline + 1, text.size()));
  Config config;
  for (const std::string& each : {route, std::string("/v1/{device}/unlock"), std::string("/v1/*")}) {
    if (!route::template_fault(each).empty()) continue;
    JourneyConfig journey;
    journey.api = ApiLeg{"edge", "POST", each, {}, {}};
    config.journeys.push_back(journey);
  }
  const route::Router router(config);
  std::string scratch;
  if (route::template_fault(route).empty()) {
    std::string path;
    bool inside = false;
    for (const char c : route) {
      if (c == '{') path += "x1";
      inside = (inside || c == '{') && c != '}';
      if (!inside && c != '}') path += c;
    }
    fuzz::require(router.match("edge", "post", path, scratch).journey >= 0, "a template matches itself");
  }
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const std::string_view path = text.substr(0, length);
    const route::Match match = router.match("edge", "POST", path, scratch);
    fuzz::require(match.journey < static_cast<int>(config.journeys.size()), "a match is a journey");
    std::string other;
    const std::string_view decoded = route::percent_decoded(path, other);
    fuzz::require(decoded.data() == path.data() || decode::is_utf8(decoded), "what is decoded is UTF-8");
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return 0;
}
