#include "log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>

namespace slod::daemon {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", byte);
      out += code.data();
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

bool start_log(const std::string& level, const std::string& format) {
  if (level != "debug" && level != "info" && level != "warn" && level != "error") return false;
  if (format != "logfmt" && format != "json") return false;
  auto logger = spdlog::stderr_logger_mt("slod");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::debug);
  logger->set_pattern(format == "json" ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","msg":"%v"})"
                                       : R"(time=%Y-%m-%dT%H:%M:%S.%eZ level=%l msg="%v")",
                      spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(logger);
  return true;
}

void log(const std::string& level, const std::string& message) {
  spdlog::default_logger_raw()->log(spdlog::level::from_str(level), "{}", escaped(message));
}

}  // namespace slod::daemon
