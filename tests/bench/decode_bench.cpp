// What decoding costs over the parser: simdjson's parse_many alone, against decode, route and rows, on the
// same 400-byte lines in the same run. The goal is a ratio of at most 2.0; 1,000 routes and traffic of 50
// journeys may cost at most a tenth more than one of each.
#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <random>

#include "slod/decode/decoder.h"
#include "slod/route/intake.h"

namespace slod {
namespace {

constexpr int kLines = 2000;

/// The last segment of a journey's route.
std::string action(int journey) {
  static const char* const kActions[] = {"unlock", "lock", "status", "ring", "photo", "end"};
  return journey < 6 ? kActions[journey] : "action" + std::to_string(journey);
}

std::string line_of(std::mt19937_64& random, int i, int journeys) {
  static const std::string kAgent =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
      "Version/19.0 Mobile/15E148 Safari/604.1";
  static const char* const kAreas[] = {"shibuya", "osaka", "nagoya", "fukuoka"};
  const std::string device = "vehicle-" + std::to_string(random() % 20000);
  std::string line = "{";
  const auto field = [&line](const std::string& key, const std::string& value) {
    if (line.size() > 1) line += ",";
    line.append("\"").append(key).append("\":\"").append(value).append("\"");
  };
  field("time", std::to_string(1795350787 + i / 50) + "." + std::to_string(100 + i % 900));
  field("remote_addr", "203.0.113.7");
  field("method", "POST");
  field("path", "/v1/vehicles/" + device + "/" +
                    action(static_cast<int>(random() % static_cast<std::uint64_t>(journeys))));
  field("status", "200");
  field("request_time", "0." + std::to_string(100 + random() % 900));
  field("upstream_status", "200");
  field("request_id", std::to_string(random()));
  field("host", "api.example.org");
  const std::size_t agent_at = line.size() + std::string(R"(,"user_agent":")").size();
  field("user_agent", "");
  field("app", "ios");
  field("device", device);
  field("user", "user-" + std::to_string(random() % 50000));
  field("area", kAreas[random() % 4]);
  line += "}";
  // The agent makes up for what the others lack to 400 bytes.
  line.insert(agent_at, kAgent.substr(0, 399 - line.size()));
  return line + "\n";
}

std::string block_of(int journeys) {
  std::mt19937_64 random(7);
  std::string text;
  for (int i = 0; i < kLines; ++i) text += line_of(random, i, journeys);
  return text;
}

const std::string& block() {
  static const std::string lines = block_of(6);
  return lines;
}

/// As HAProxy's json() writes them: with "\/".
std::string with_escaped_slashes(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped += c == '/' ? std::string("\\/") : std::string(1, c);
  return escaped;
}

Config config_with(int routes, int journeys) {
  Config config;
  SourceConfig source;
  source.name = "edge";
  LogFormat format;
  format.fields = {"/time",
                   "/method",
                   "/path",
                   "/status",
                   "/request_time",
                   "/request_id",
                   "/device",
                   "/user",
                   seconds(1),
                   seconds(1),
                   {{"app", "/app"}, {"area", "/area"}}};
  source.format = format;
  config.sources.push_back(source);
  const auto add = [&](const std::string& route) {
    JourneyConfig journey;
    journey.api = ApiLeg{"edge", "POST", route, {}, {}};
    config.journeys.push_back(journey);
  };
  for (int i = 0; i < journeys; ++i) add("/v1/vehicles/{device}/" + action(i));
  for (int i = journeys; i < routes; ++i)
    add("/v" + std::to_string(i % 7) + "/things" + std::to_string(i) + "/{id}/do");
  return config;
}

void simdjson_parse_many(benchmark::State& state) {
  simdjson::dom::parser parser;
  parser.threaded = false;
  const simdjson::padded_string lines(block());
  for (auto _ : state) {
    simdjson::dom::document_stream stream;
    if (parser.parse_many(lines, 1'000'000).get(stream) != simdjson::SUCCESS) std::abort();
    std::size_t count = 0;
    for (auto document : stream) count += document.error() == simdjson::SUCCESS ? 1 : 0;
    if (count != kLines) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * kLines);
}
BENCHMARK(simdjson_parse_many);

struct Nothing final : decode::RecordVisitor {
  bool on_log(const decode::LogRecord& record) override {
    benchmark::DoNotOptimize(&record);
    return true;
  }
  bool on_message(const decode::MessageRecord&, std::optional<Time>) override { return true; }
  bool on_ignored(std::string_view, std::optional<Time>) override { return true; }
  bool on_reject(decode::Reject, std::string_view) override { std::abort(); }
};

void decode_block(benchmark::State& state, const std::string& text) {
  const Config config = config_with(6, 6);
  decode::Decoder decoder(config.sources[0]);
  Nothing nothing;
  for (auto _ : state) decoder.lines(text, nothing);
  state.SetItemsProcessed(state.iterations() * kLines);
}
void decode_only(benchmark::State& state) {
  decode_block(state, block());
}
BENCHMARK(decode_only);
void decode_only_escaped_slashes(benchmark::State& state) {
  decode_block(state, with_escaped_slashes(block()));
}
BENCHMARK(decode_only_escaped_slashes);

/// Arguments: routes, journeys that the lines belong to.
void decode_route_rows(benchmark::State& state) {
  const int journeys = static_cast<int>(state.range(1));
  const Config config = config_with(static_cast<int>(state.range(0)), journeys);
  const std::string lines = block_of(journeys);
  const route::Router router(config);
  route::Intake intake(config, config.sources[0], router, 42);
  RecordBatch batch;
  const Time now = from_nanos(1795351000'000000000);
  for (auto _ : state) {
    batch.clear();
    intake.lines(lines, now, batch);
    if (batch.counts.accepted != kLines) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * kLines);
}
BENCHMARK(decode_route_rows)->Args({1, 1})->Args({6, 6})->Args({1000, 6})->Args({1000, 50});

std::string combined_line_of(std::mt19937_64& random, int i) {
  static const char* const kTails[] = {"/unlock", "/lock", "/status", "/ring", "/photo", "/end"};
  const auto two = [](int number) { return std::string(number < 10 ? "0" : "") + std::to_string(number); };
  return "203.0.113.7 - - [22/Nov/2026:12:" + two(i / 60 % 60) + ":" + two(i % 60) +
         " +0900] \"POST /v1/vehicles/vehicle-" + std::to_string(random() % 20000) + kTails[random() % 6] +
         " HTTP/1.1\" 200 612 \"-\" \"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)\" rt=0." +
         std::to_string(100 + random() % 900) + "\n";
}

void combined_decode_only(benchmark::State& state) {
  std::mt19937_64 random(7);
  std::string lines;
  for (int i = 0; i < kLines; ++i) lines += combined_line_of(random, i);
  SourceConfig source;
  source.name = "edge";
  source.format.emplace();
  source.format->syntax = LogFormat::Syntax::kCombined;
  decode::Decoder decoder(source);
  Nothing nothing;
  for (auto _ : state) decoder.lines(lines, nothing);
  state.SetItemsProcessed(state.iterations() * kLines);
}
BENCHMARK(combined_decode_only);

void route_only(benchmark::State& state) {
  const Config config = config_with(static_cast<int>(state.range(0)), 6);
  const route::Router router(config);
  std::string scratch;
  for (auto _ : state)
    benchmark::DoNotOptimize(router.match("edge", "POST", "/v1/vehicles/vehicle-12345/unlock?x=1", scratch));
}
BENCHMARK(route_only)->Arg(6)->Arg(1000);

}  // namespace
}  // namespace slod
