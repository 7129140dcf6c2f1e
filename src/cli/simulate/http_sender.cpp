#include "cli/simulate/http_sender.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace slod::cli {
namespace {

constexpr std::size_t kMostWaiting = 200'000;
constexpr std::size_t kMostInBatch = 1000;
constexpr auto kGather = std::chrono::milliseconds(100);

}  // namespace

HttpSender::HttpSender(const SourceConfig& source, std::string url, std::string token, std::string run)
    : source_(source), url_(std::move(url)), token_(std::move(token)), run_(std::move(run)) {
  thread_ = std::thread([this] { this->run(); });
}

HttpSender::~HttpSender() {
  finish(Duration(0));
}

void HttpSender::add(std::string line) {
  const std::lock_guard lock(mutex_);
  if (lines_.size() >= kMostWaiting) {
    ++tally_.dropped;
    return;
  }
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

void HttpSender::finish(Duration at_most) {
  {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, at_most, [&] { return lines_.empty() && idle_; });
    aborted_ = true;
    tally_.dropped += lines_.size();
    lines_.clear();
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::string HttpSender::trouble() {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void HttpSender::set_trouble(const std::string& text) {
  const std::lock_guard lock(mutex_);
  trouble_ = text;
}

std::string HttpSender::take() {
  std::unique_lock lock(mutex_);
  idle_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !lines_.empty() || finishing_ || aborted_; });
  // A shipper gathers for a moment: fewer and fuller requests.
  if (!finishing_)
    changed_.wait_for(lock, kGather, [&] { return finishing_ || lines_.size() >= kMostInBatch; });
  std::string body;
  in_batch_ = std::min(lines_.size(), kMostInBatch);
  for (std::size_t i = 0; i < in_batch_; ++i) {
    body += lines_.front() + "\n";
    lines_.pop_front();
  }
  idle_ = body.empty();
  return body;
}

void HttpSender::run() {
  for (;;) {
    const std::string body = take();
    if (!body.empty()) {
      ++batch_;
      deliver(body);
      continue;
    }
    const std::lock_guard lock(mutex_);
    if (aborted_ || (finishing_ && lines_.empty())) return;
  }
}

void HttpSender::rest(Duration length) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, length, [&] { return aborted_; });
}

void HttpSender::deliver(const std::string& body) {
  for (int failures = 0;;) {
    {
      const std::lock_guard lock(mutex_);
      if (aborted_) {
        tally_.dropped += in_batch_;
        return;
      }
    }
    const auto answer = post(body);
    if (answer && settled(*answer)) return;
    if (answer) {
      const auto after = answer->headers.find("retry-after");
      const int wanted = after == answer->headers.end() ? 1 : std::atoi(after->second.c_str());
      rest(seconds(std::clamp(wanted, 1, 30)));
      continue;
    }
    set_trouble(answer.error().message);
    connection_.reset();
    failures = std::min(failures + 1, 5);
    rest(std::chrono::milliseconds(100LL << failures));
  }
}

Result<net::ClientResponse> HttpSender::post(const std::string& body) {
  if (!connection_) {
    auto connected = net::HttpConnection::connect(url_, true);
    if (!connected) return connected.error();
    connection_ = std::move(*connected);
  }
  net::ClientRequest request;
  request.method = "POST";
  request.url = "/ingest/" + source_.name;
  request.headers = {{"Content-Type", "application/x-ndjson"},
                     {"Idempotency-Key", "simulate-" + run_ + "-" + std::to_string(batch_)}};
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  request.body = body;
  request.allow_private = true;
  return connection_->send(request);
}

bool HttpSender::settled(const net::ClientResponse& answer) {
  if (answer.status == 503 || answer.status == 429 || answer.status >= 500) {
    ++tally_.refusals;
    set_trouble("slod answered " + std::to_string(answer.status) + ": " + answer.body.substr(0, 200));
    return false;
  }
  tally_.posted += in_batch_;
  if (answer.status / 100 != 2) {
    tally_.rejected += in_batch_;
    set_trouble("slod answered " + std::to_string(answer.status) + ": " + answer.body.substr(0, 200));
    return true;
  }
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  const auto count = [&](const char* name) -> std::uint64_t {
    return json.is_object() && json.contains(name) && json[name].is_number_unsigned()
               ? json[name].get<std::uint64_t>()
               : 0;
  };
  tally_.accepted += count("accepted");
  tally_.rejected += count("rejected");
  tally_.ignored += count("ignored");
  set_trouble("");
  return true;
}

}  // namespace slod::cli
