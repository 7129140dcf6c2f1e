// The decoder against an oracle of another make: nlohmann's parser and the rules written out plainly, on
// thousands of seeded lines, good, odd and damaged. Blocks of lines, so that both ways of reading them are
// held against it. The two parsers disagree on repeated keys and on integers beyond 64 bits; the lines have
// neither.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "decode/utf8.h"
#include "unit/decode/recorder.h"

namespace slod::decode {
namespace {

using nlohmann::json;
using Random = std::mt19937_64;

template <typename T>
const T& pick(Random& random, const std::vector<T>& from) {
  return from[random() % from.size()];
}

json odd_value(Random& random) {
  static const std::vector<json> kOdd = {
      nullptr, "",  "-",   true,  false,     json::array(), json::object(), -1,
      0,       1.5, "abc", "-1",  "0.5s",    "12ms",        "0.1, 0.2",     "504, 502",
      599,     600, 1e15,  "1e3", "x\"y\\z", "\xE3\x81\x82"};
  return pick(random, kOdd);
}

std::string random_line(Random& random) {
  json line;
  line["time"] = random() % 2 == 0 ? json(1795350787 + static_cast<std::int64_t>(random() % 1000))
                                   : json("1795350787.709");
  if (random() % 4 == 0) line["time"] = "2026-11-22T12:33:05.123Z";
  line["method"] = "POST";
  line["path"] = "/v1/rides/" + std::to_string(random() % 100);
  line["status"] =
      random() % 2 == 0 ? json(200 + random() % 400) : json(std::to_string(200 + random() % 400));
  line["latency"] = static_cast<double>(random() % 30000) / 1000;
  line["id"] = std::to_string(random());
  line["device"] = "d" + std::to_string(random() % 50);
  line["app"] = "ios";
  line["geo"] = {{"area", "tokyo"}, {"x", {1, 2, {{"area", "no"}}}}};
  static const std::vector<std::string> kKeys = {"time", "method", "path", "status", "latency",
                                                 "id",   "device", "app",  "user"};
  if (random() % 3 == 0) line[pick(random, kKeys)] = odd_value(random);
  if (random() % 8 == 0) line.erase(pick(random, kKeys));
  std::string text = line.dump();
  const auto noise = "\"{}[]:,\\ 0-x\xFF\t";
  for (std::size_t edits = random() % 4 == 0 ? 1 + random() % 2 : 0; edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random() % text.size();
    switch (random() % 4) {
      case 0:
        text.erase(at, 1);
        break;
      case 1:
        text[at] = noise[random() % 15];
        break;
      case 2:
        text.insert(at, 1, noise[random() % 15]);
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

// The rules, plainly.

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(" \t"));
  text.erase(text.find_last_not_of(" \t") + 1);
  return text;
}
bool missing(const json& v) {
  if (v.is_null()) return true;
  if (!v.is_string()) return false;
  const std::string text = trimmed(v.get<std::string>());
  return text.empty() || text == "-";
}
json field(const json& line, const char* pointer) {
  const json::json_pointer at(pointer);
  return line.contains(at) ? line.at(at) : json();
}
std::optional<double> number(const json& v) {
  if (v.is_number()) return v.get<double>();
  if (!v.is_string()) return std::nullopt;
  const std::string text = trimmed(v.get<std::string>());
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || text.find_first_not_of("0123456789.eE+-") != std::string::npos)
    return std::nullopt;
  return value;
}
std::string words(const json& v) {
  if (missing(v)) return "";
  if (v.is_string()) return v.get<std::string>();
  return v.is_primitive() ? v.dump() : "";
}

enum class Verdict { kReject, kAccept };
struct Expected {
  Verdict verdict = Verdict::kReject;
  std::vector<Reject> why;  ///< any of these
  json line;
};

std::optional<double> oracle_time(const json& v) {
  if (v.is_string()) {
    if (const auto time = parse_rfc3339(trimmed(v.get<std::string>())))
      return static_cast<double>(nanos(*time)) / 1e9;
  }
  return number(v);
}

/// What nginx writes after several tries: the last of the list counts, if the others are such too.
json last_status(const json& v) {
  if (!v.is_string()) return v;
  const std::string text = v.get<std::string>();
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find_first_of(",:", begin)) != std::string::npos; begin = end + 1) {
    const std::string item = trimmed(text.substr(begin, end - begin));
    if (item != "-" && (item.size() != 3 || item.find_first_not_of("0123456789") != std::string::npos))
      return "no status";
  }
  return text.substr(begin);
}

/// One latency in seconds, perhaps with a unit; -1: none; nothing: bad.
std::optional<double> one_latency(const std::string& item) {
  static const std::vector<std::pair<std::string, double>> kUnits = {
      {"ms", 1e-3}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6}, {"ns", 1e-9}, {"s", 1}};
  std::string text = trimmed(item);
  if (text.empty() || text == "-") return -1;
  for (const auto& [unit, factor] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto value = number(text.substr(0, text.size() - unit.size()));
    if (value == -1.0) return -1;
    return value ? std::optional(*value * factor) : std::nullopt;
  }
  return number(text);
}

/// Seconds, of a list the sum; -1: none; nothing: bad.
std::optional<double> oracle_latency(const json& v) {
  if (missing(v)) return -1;
  std::string text = v.is_string() ? v.get<std::string>() : "";
  const bool list = text.find_first_of(",:") != std::string::npos;
  if (!v.is_string() || !list) {
    const auto value = v.is_string() ? one_latency(text) : number(v);
    if (!value || (*value < 0 && *value != -1) || *value > 86400) return std::nullopt;
    return value;
  }
  double sum = 0;
  bool any = false;
  for (std::size_t at; (at = text.find(" : ")) != std::string::npos;) text.replace(at, 3, ",");
  std::istringstream items(text);
  for (std::string item; std::getline(items, item, ',');) {
    const auto one = one_latency(item);
    if (!one || (*one < 0 && *one != -1)) return std::nullopt;
    if (*one < 0) continue;
    sum += *one;
    any = true;
    if (sum > 86400) return std::nullopt;
  }
  return any ? sum : -1;
}

Expected judge(const std::string& text) {
  Expected expected;
  expected.line = json::parse(text, nullptr, false);
  const json& line = expected.line;
  const auto reject = [&expected](Reject why) {
    expected.why = {why};
    return expected;
  };
  if (line.is_discarded()) {
    expected.why = {Reject::kMalformed, Reject::kUtf8};
    return expected;
  }
  if (!line.is_object()) return reject(Reject::kNotAnObject);
  const json time = field(line, "/time");
  if (missing(time)) return reject(Reject::kMissingTime);
  const auto seconds_since = oracle_time(time);
  if (!seconds_since || *seconds_since <= 0 || *seconds_since > 9.2e9) return reject(Reject::kBadTime);
  const json status = last_status(field(line, "/status"));
  if (missing(status)) return reject(Reject::kMissingStatus);
  const auto code = number(status);
  if (!code || *code != std::floor(*code) || *code < 0 || *code > 599) return reject(Reject::kBadStatus);
  if (!oracle_latency(field(line, "/latency"))) return reject(Reject::kBadLatency);
  if (words(field(line, "/path")).empty()) return reject(Reject::kMissingPath);
  expected.verdict = Verdict::kAccept;
  return expected;
}

/// The two write 1e5 differently.
void same_words(const std::string& seen, const json& v) {
  if (v.is_number_float()) {
    EXPECT_EQ(std::strtod(seen.c_str(), nullptr), v.get<double>());
  } else {
    EXPECT_EQ(seen, words(v));
  }
}

void compare(const SeenLog& log, const json& line) {
  EXPECT_NEAR(to_seconds(log.stamp.time_since_epoch()), *oracle_time(field(line, "/time")), 1e-6);
  const double latency = *oracle_latency(field(line, "/latency"));
  if (latency < 0) {
    EXPECT_EQ(log.latency, kNoLatency);
    EXPECT_EQ(log.start, log.stamp);
  } else {
    EXPECT_NEAR(to_seconds(log.latency), latency, 1e-9);
    EXPECT_EQ(log.start, log.stamp - log.latency);
  }
  same_words(log.method, field(line, "/method"));
  same_words(log.path, field(line, "/path"));
  same_words(log.device, field(line, "/device"));
  same_words(log.id, field(line, "/id"));
  same_words(log.labels[0], field(line, "/app"));
  same_words(log.labels[1], field(line, "/geo/area"));
}

/// One line's expectation against what was seen at its place.
void check(const std::string& text, char seen, Reject why, const SeenLog* log) {
  SCOPED_TRACE(text);
  Expected expected = judge(text);
  if (expected.line.is_discarded()) {
    const std::string whole = replace_invalid_utf8(text);
    const Expected first = judge(whole);
    expected = first.line.is_discarded() ? judge(quote_bare_numbers(whole)) : first;
  }
  if (expected.verdict == Verdict::kAccept) {
    ASSERT_EQ(seen, 'a') << reject_name(why);
    compare(*log, expected.line);
  } else {
    ASSERT_EQ(seen, 'r');
    EXPECT_TRUE(std::find(expected.why.begin(), expected.why.end(), why) != expected.why.end())
        << reject_name(why);
  }
}

TEST(DifferentialTest, TheDecoderAgreesWithAnOracle) {
  const char* given = std::getenv("SLOD_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : 20261122;
  SCOPED_TRACE("SLOD_SEED=" + std::to_string(seed));
  Random random(seed);
  Decoder decoder(json_source());
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::string> lines;
    std::string block;
    for (std::size_t i = 0, count = 1 + random() % 12; i < count; ++i) {
      std::string line = random_line(random);
      // Several objects on one line are several records, which is tested elsewhere.
      const bool several = line.find("}{") != std::string::npos || line.find("} {") != std::string::npos;
      if (several || line.find_first_not_of(" \t") == std::string::npos) continue;
      block += line + "\n";
      lines.push_back(std::move(line));
    }
    Recorder seen;
    decoder.lines(block, seen);
    ASSERT_EQ(seen.order.size(), lines.size()) << block;
    std::size_t log = 0;
    std::size_t reject = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool good = seen.order[i] == 'a';
      check(lines[i], seen.order[i], good ? Reject::kNone : seen.rejects[reject],
            good ? &seen.logs[log] : nullptr);
      if (::testing::Test::HasFailure()) return;
      log += good ? 1 : 0;
      reject += good ? 0 : 1;
    }
    accepted += log;
    rejected += reject;
  }
  EXPECT_GT(accepted, 3000u);
  EXPECT_GT(rejected, 500u);
}

}  // namespace
}  // namespace slod::decode
