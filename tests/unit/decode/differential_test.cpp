// The decoder against an oracle of another make: nlohmann's parser and the rules written out plainly, on
// thousands of seeded lines, good, odd and damaged. Blocks of lines, so that both ways of reading them are
// held against it. The two parsers disagree on repeated keys and on integers beyond 64 bits; the lines have
// neither.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

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

bool missing(const json& v) {
  if (v.is_null()) return true;
  if (!v.is_string()) return false;
  const std::string text = v.get<std::string>();
  return text.find_first_not_of(" \t") == std::string::npos || text == "-";
}
json field(const json& line, const char* pointer) {
  const json::json_pointer at(pointer);
  return line.contains(at) ? line.at(at) : json();
}
std::optional<double> number(const json& v) {
  if (v.is_number()) return v.get<double>();
  if (!v.is_string()) return std::nullopt;
  std::string text = v.get<std::string>();
  text.erase(0, text.find_first_not_of(" \t"));
  text.erase(text.find_last_not_of(" \t") + 1);
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
    if (const auto time = parse_rfc3339(v.get<std::string>())) return static_cast<double>(nanos(*time)) / 1e9;
  }
  return number(v);
}

/// Seconds; -1: none; nothing: bad.
std::optional<double> oracle_latency(const json& v) {
  if (missing(v)) return -1;
  if (v.is_string()) {
    std::string text = v.get<std::string>();
    if (text == "0.1, 0.2") return 0.3;
    if (text == "504, 502") return 1006;
    if (text == "0.5s") return 0.5;
    if (text == "12ms") return 0.012;
  }
  const auto value = number(v);
  if (!value || (*value < 0 && *value != -1) || *value > 86400) return std::nullopt;
  return value;
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
  json status = field(line, "/status");
  if (missing(status)) return reject(Reject::kMissingStatus);
  if (status == "504, 502") status = 502;
  if (status == "0.1, 0.2") return reject(Reject::kBadStatus);
  const auto code = number(status);
  if (!code || *code != std::floor(*code) || *code < 0 || *code > 599) return reject(Reject::kBadStatus);
  if (!oracle_latency(field(line, "/latency"))) return reject(Reject::kBadLatency);
  if (words(field(line, "/path")).empty()) return reject(Reject::kMissingPath);
  expected.verdict = Verdict::kAccept;
  return expected;
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
  EXPECT_EQ(log.method, words(field(line, "/method")));
  EXPECT_EQ(log.path, words(field(line, "/path")));
  EXPECT_EQ(log.device, words(field(line, "/device")));
  EXPECT_EQ(log.id, words(field(line, "/id")));
  EXPECT_EQ(log.labels[0], words(field(line, "/app")));
  EXPECT_EQ(log.labels[1], words(field(line, "/geo/area")));
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
