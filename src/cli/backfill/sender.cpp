#include "cli/backfill/sender.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

namespace slod::cli {
namespace {

constexpr int kGoneForGood = 60;  // seconds without any answer

std::uint64_t number_in(const nlohmann::json& json, const char* name) {
  return json.contains(name) && json[name].is_number_unsigned() ? json[name].get<std::uint64_t>() : 0;
}

}  // namespace

BackfillSender::BackfillSender(BackfillTarget target, std::function<bool()> interrupted,
                               std::function<void(const std::string&)> waiting)
    : target_(std::move(target)), interrupted_(std::move(interrupted)), waiting_(std::move(waiting)) {}

Status BackfillSender::send(const std::string& source, Blocks& blocks, BackfillTally& tally,
                            const std::function<void()>& progress) {
  after_.reset();
  while (!interrupted_()) {
    const auto lines = blocks.next();
    if (!lines) return lines.error();
    if (lines->empty()) return ok();
    const auto taken = deliver(source, {*lines, blocks.key()}, tally);
    if (!taken) return taken.error();
    blocks.done(*taken);
    progress();
  }
  return ok();
}

/// How much of the block slod has now: all of it, or as much as an earlier backfill of the then shorter file
/// brought.
// NOLINTNEXTLINE(misc-no-recursion): once, with another key
Result<std::size_t> BackfillSender::deliver(const std::string& source, const Block& block,
                                            BackfillTally& tally) {
  const auto answer = post_until_answered(source, block);
  if (!answer) return answer.error();
  if (interrupted_() && answer->status == 503) return std::size_t{0};
  if (answer->status != 422) {
    count(*answer, tally);
    return block.lines.size();
  }
  const auto json = nlohmann::json::parse(answer->body, nullptr, false);
  const std::size_t known =
      json.is_object() && json.contains("known") ? number_in(json["known"], "bytes") : 0;
  const bool shorter = known > 0 && known < block.lines.size();
  // Something else that begins with the same line: then the whole of it is the key.
  const Block whole{block.lines, block.key + "/" + std::to_string(digest_of(block.lines).lo)};
  if (!shorter) return deliver(source, whole, tally);
  const auto first = post_until_answered(source, {block.lines.substr(0, known), block.key});
  if (!first) return first.error();
  if (first->status == 422) return deliver(source, whole, tally);
  count(*first, tally);
  return known;
}

void BackfillSender::count(const net::ClientResponse& answer, BackfillTally& tally) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (!json.is_object()) return;
  BackfillTally block{number_in(json, "accepted"), number_in(json, "ignored"), number_in(json, "rejected"),
                      number_in(json, "late")};
  tally.accepted += block.accepted;
  tally.ignored += block.ignored;
  tally.rejected += block.rejected;
  tally.late += block.late;
  if (answer.headers.contains("idempotent-replayed")) tally.known += block.records();
  if (json.contains("to") && json["to"].is_number_integer()) after_ = json["to"].get<std::int64_t>();
}

void BackfillSender::rest(int at_most_seconds) const {
  for (int i = 0; i < at_most_seconds * 10 && !interrupted_(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

Result<net::ClientResponse> BackfillSender::post_until_answered(const std::string& source,
                                                                const Block& block) {
  using Clock = std::chrono::steady_clock;
  for (Clock::time_point silent_since = Clock::now();;) {
    auto answer = post(source, block);
    if (!answer) {
      connection_.reset();
      const bool gone = !reached_ || Clock::now() - silent_since > std::chrono::seconds(kGoneForGood);
      if (gone || interrupted_()) return answer;
      waiting_(answer.error().message);
      rest(1);
      continue;
    }
    reached_ = true;
    silent_since = Clock::now();
    const bool counted = answer->status == 400 && answer->body.find("\"bytes\":") != std::string::npos;
    if (answer->status == 200 || answer->status == 422 || counted) return answer;
    if (answer->status != 503)
      return Error{"slod answered " + std::to_string(answer->status) + ": " + answer->body.substr(0, 300)};
    if (interrupted_()) return answer;
    waiting_("slod is busy: " + answer->body.substr(0, 200));
    const auto after = answer->headers.find("retry-after");
    rest(std::clamp(after == answer->headers.end() ? 1 : std::atoi(after->second.c_str()), 1, 30));
  }
}

Result<net::ClientResponse> BackfillSender::post(const std::string& source, const Block& block) {
  if (!connection_) {
    auto connected = net::HttpConnection::connect(target_.url, true);
    if (!connected) return connected.error();
    connection_ = std::move(*connected);
  }
  net::ClientRequest request;
  request.method = "POST";
  request.url = "/backfill/" + source;
  request.headers = {{"Content-Type", "text/plain"}, {"Idempotency-Key", block.key}};
  if (!target_.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + target_.token);
  if (after_) request.headers.emplace_back("Slod-After", std::to_string(*after_));
  request.body = block.lines;
  request.deadline = seconds(60);
  request.allow_private = true;
  return connection_->send(request);
}

std::optional<std::string> BackfillSender::state() {
  net::ClientRequest request;
  request.url = target_.url + "/backfill";
  request.allow_private = true;
  const auto answer = net::http_request(request);
  if (!answer || answer->status != 200) return std::nullopt;
  return answer->body;
}

}  // namespace slod::cli
