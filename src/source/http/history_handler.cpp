// POST /backfill/{source}: recorded lines as history. Decoded and routed on the server's thread as a replay
// would do it; the answer waits until the history store has them on disk. A block of lines is known by its
// key, or by its content; the answer that is kept with it says how long it was and which arrivals it covers,
// so that the sender can go on behind it.
#include <charconv>
#include <map>
#include <utility>

#include "slod/source/sources.h"
#include "source/http/bearer.h"
#include "source/http/body.h"
#include "source/http/ingest_answer.h"
#include "source/http/thread_slots.h"

namespace slod::source {

namespace {

constexpr std::string_view kPath = "/backfill";

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

std::string hex(std::uint64_t number) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4U) text[i] = kDigits[number & 15U];
  return text;
}

/// The source's name, "" for /backfill itself; nothing for another path.
std::optional<std::string_view> source_in(const net::Request& request) {
  std::string_view path = request.path();
  if (!path.starts_with(kPath)) return std::nullopt;
  path.remove_prefix(kPath.size());
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return "";
  if (path.front() != '/') return std::nullopt;
  return path.substr(1);
}

class HistoryHandler final : public net::Handler {
 public:
  HistoryHandler(const Surroundings& surroundings, HistoryBounds bounds, std::function<bool()> ready,
                 std::function<std::string()> state)
      : around_(surroundings),
        bounds_(std::move(bounds)),
        ready_(std::move(ready)),
        state_(std::move(state)) {
    for (const SourceConfig& source : around_.config.sources) read_token(source);
    open_to_all_ = is_loopback(around_.config.server.ingest.host);
  }

  std::optional<net::Response> admit(const net::Request& head, std::optional<std::uint64_t>) override {
    const auto name = source_in(head);
    const SourceConfig* source = name ? around_.config.source(std::string(*name)) : nullptr;
    const bool asks = name && name->empty();
    if (!asks && source == nullptr)
      return refusal(404, "no such source: POST to /backfill/SOURCE, with a source of the config");
    if (head.method != (asks ? "GET" : "POST"))
      return refusal(405, "POST to /backfill/SOURCE, GET only /backfill");
    if (asks) return std::nullopt;
    if (!may_pass(*source, head.header("authorization"))) {
      net::Response response =
          refusal(401,
                  "send the source's token: Authorization: Bearer TOKEN (any http source's, where the source "
                  "has none)");
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      return response;
    }
    if (auto refused = refuse_head(head)) return refused;
    if (!ready_()) return refusal(503, "starting or stopping: send it again");
    return std::nullopt;
  }

  void handle(net::Request request, net::Respond respond) override {
    const auto name = source_in(request);
    if (name && name->empty()) return respond({200, "application/json", state_(), {}});
    const SourceConfig* source = name ? around_.config.source(std::string(*name)) : nullptr;
    auto* desk = desks_.mine();
    if (source == nullptr || desk == nullptr) return respond(refusal(503, "too many threads: send it again"));
    std::string inflated;
    std::string_view body;
    const net::Inflated unpacked = unpack(request, inflated, body);
    if (unpacked == net::Inflated::kTooLarge)
      return respond(refusal(413, "larger than 64 MiB when unpacked: send smaller blocks"));
    if (unpacked != net::Inflated::kOk)
      return respond(refusal(400, "the compressed block is broken or cut off: send it again whole"));
    if (body.empty()) return respond(refusal(400, "the block is empty: send lines of the source's format"));
    submit(*source, *desk, {request, body}, std::move(respond));
  }

 private:
  struct Block {
    const net::Request& request;
    std::string_view lines;
  };
  using Desk = std::map<const SourceConfig*, route::Intake>;

  void read_token(const SourceConfig& source) {
    if (source.token.empty() || !around_.read_secret) return;
    const Result<std::string> secret = around_.read_secret(source.token);
    if (secret && !secret->empty()) tokens_.try_emplace(source.name, *secret);
  }

  /// A source whose token cannot be read lets nobody pass.
  [[nodiscard]] bool may_pass(const SourceConfig& source, std::string_view authorization) const {
    if (!source.token.empty()) {
      const auto own = tokens_.find(source.name);
      return own != tokens_.end() && own->second.matches(authorization);
    }
    if (open_to_all_) return true;
    for (const auto& [name, token] : tokens_) {
      if (token.matches(authorization)) return true;
    }
    return false;
  }

  route::Intake& intake(const SourceConfig& source, Desk& desk) const {
    const auto known = desk.find(&source);
    if (known != desk.end()) return known->second;
    return desk.emplace(&source, route::Intake(around_.config, source, around_.router, around_.user_key))
        .first->second;
  }

  void submit(const SourceConfig& source, Desk& desk, const Block& block, net::Respond respond) {
    std::optional<Time> after;
    if (const std::string_view text = block.request.header("slod-after"); !text.empty()) {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size())
        return respond(refusal(400, "Slod-After is the `to` of the answer before, in nanoseconds"));
      after = from_nanos(number);
    }
    route::Intake& reader = intake(source, desk);
    reader.history_mode(after, around_.wall_clock(), bounds_.keep_fleet, bounds_.fleet_closed());
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    submission.batch->source = source.name;
    const route::IntakeReport report = reader.lines(block.lines, Time{}, *submission.batch);
    submission.key = key_of(block);
    submission.key->answer = answer_of(reader, *submission.batch, report, block.lines.size(), after);
    submission.done = [respond, answer = submission.key->answer](const CommitAnswer& committed) {
      respond(outcome(committed, answer));
    };
    if (!around_.committer.submit(submission)) respond(refusal(503, "the queue is full: send it again"));
  }

  static IdempotencyKey key_of(const Block& block) {
    const Digest digest = digest_of(block.lines);
    std::string key(block.request.header("idempotency-key"));
    if (key.empty()) key = "block/" + hex(digest.hi) + hex(digest.lo);
    return {std::move(key), digest, {}};
  }

  static std::string answer_of(const route::Intake& reader, const RecordBatch& batch,
                               const route::IntakeReport& report, std::size_t bytes,
                               std::optional<Time> after) {
    const SourceCounts& counts = batch.counts;
    const bool none_readable = report.records > 0 && counts.rejected_total() == report.records;
    std::string answer = none_readable ? none_readable_answer(counts, report) : counts_answer(counts, report);
    answer.pop_back();
    answer += ",\"bytes\":" + std::to_string(bytes);
    const auto from = after ? after : reader.first_arrival();
    if (from && reader.last_arrival()) {
      answer += ",\"from\":" + std::to_string(nanos(*from)) +
                ",\"to\":" + std::to_string(nanos(*reader.last_arrival()));
    }
    return answer + "}";
  }

  static net::Response outcome(const CommitAnswer& committed, const std::string& answer) {
    switch (committed.result) {
      case Committed::kDurable:
        return {status_of_answer(answer), "application/json", answer, {}};
      case Committed::kRepeated:
        return {status_of_answer(committed.answer),
                "application/json",
                committed.answer,
                {{"Idempotent-Replayed", "true"}}};
      case Committed::kConflict: {
        net::Response response = refusal(422, "another block is known by this key; `known` is its answer");
        response.body.pop_back();
        response.body += ",\"known\":" + committed.answer + "}";
        return response;
      }
      case Committed::kInFlight:
      case Committed::kRefused:
        break;
    }
    return not_stored(committed);
  }

  const Surroundings around_;
  const HistoryBounds bounds_;
  std::function<bool()> ready_;
  std::function<std::string()> state_;
  std::map<std::string, BearerToken> tokens_;
  bool open_to_all_ = false;
  ThreadSlots<Desk> desks_;
};

}  // namespace

std::unique_ptr<net::Handler> make_http_history(const Surroundings& surroundings, HistoryBounds bounds,
                                                std::function<bool()> ready,
                                                std::function<std::string()> state) {
  return std::make_unique<HistoryHandler>(surroundings, std::move(bounds), std::move(ready),
                                          std::move(state));
}

}  // namespace slod::source
