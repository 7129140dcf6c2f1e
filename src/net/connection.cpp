#include "net/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>

#include "net/head_scan.h"
#include "net/wire.h"

// The steps of a connection name each other, but through callbacks of the loop: the stack does not grow.
// NOLINTBEGIN(misc-no-recursion)
namespace slod::net {

namespace {

namespace asio = boost::asio;

// What may wait in the buffer beyond a header: chunk framing and pipelined requests.
constexpr std::size_t kReadStep = 16 * 1024;
constexpr std::size_t kReadAtMost = 64 * 1024;  // of a body, at once
// A client that is refused while it sends must be able to read why: what it still sends is thrown away this
// long.
constexpr Duration kLingerTime = seconds(5);
constexpr Duration kBodyLook = std::chrono::milliseconds(500);
constexpr std::size_t kSlowestReader = 16 * 1024;  // bytes a second

/// The handler's way back. The last copy that dies unanswered answers 500, so that no client waits for ever.
struct Answer {
  std::weak_ptr<Loop> loop;
  std::weak_ptr<Connection> connection;
  std::shared_ptr<Reservation> room;
  std::shared_ptr<ServerState> state;  // the reservation counts in it
  std::uint64_t request = 0;
  std::atomic<bool> used{false};

  ~Answer() {
    if (!used.load()) send(error_response(500, "the request was given up; try again"));
  }

  void send(Response response) {
    if (used.exchange(true)) return;
    room.reset();
    const std::shared_ptr<Loop> alive = loop.lock();
    if (!alive) return;
    asio::post(alive->io, [to = connection, number = request, text = std::move(response)]() mutable {
      if (const auto target = to.lock()) target->answer(number, std::move(text));
    });
  }
};

}  // namespace

Connection::Connection(Socket socket, std::shared_ptr<Loop> loop, std::shared_ptr<ServerState> state,
                       AddressSlot slot)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      loop_(loop),
      state_(std::move(state)),
      slot_(std::move(slot)),
      buffer_(state_->limits.header_bytes + kReadStep) {}

Connection::~Connection() {
  state_->connections.fetch_sub(1);
}

std::string_view Connection::buffered() const {
  return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
}

void Connection::start() {
  Error ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  next_request();
}

void Connection::turn_away(std::string_view reason) {
  state_->shed.fetch_add(1);
  refuse(503, reason);
}

// ---- time
// -----------------------------------------------------------------------------------------------------------

void Connection::arm(Duration time) {
  deadline_ = std::chrono::steady_clock::now() + time;
  // A timer that rings earlier looks again then: most deadlines never come, and setting one costs a system
  // call.
  if (!timer_is_set_ || timer_.expiry() > deadline_) set_timer();
}

void Connection::disarm() {
  deadline_ = kNoDeadline;
}

void Connection::set_timer() {
  timer_is_set_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const Error& error) { self->on_timer(error); });
}

void Connection::on_timer(const Error& error) {
  // The timer may have been set anew after this call was queued.
  const auto now = std::chrono::steady_clock::now();
  if (error || timer_.expiry() > now || stage_ == Stage::kClosed) return;
  timer_is_set_ = false;
  if (deadline_ == kNoDeadline) return;
  if (deadline_ > now) return set_timer();
  if (stage_ == Stage::kBody && !timed_out_ && !body_is_too_slow()) return arm(kBodyLook);
  if ((stage_ == Stage::kHead || stage_ == Stage::kBody) && !timed_out_) {
    timed_out_ = true;  // the read under way ends with an error and answers 408
    Error ignored;
    socket_.cancel(ignored);
    return;
  }
  if (stage_ != Stage::kHandler) close();
}

bool Connection::body_is_too_slow() const {
  const Duration took = std::chrono::steady_clock::now() - body_began_;
  const std::size_t came = chunks_ ? head_.request.body.size() : body_came_;
  return took >= state_->limits.body_time ||
         to_seconds(took) * static_cast<double>(state_->limits.body_rate) > static_cast<double>(came);
}

// ---- reading
// --------------------------------------------------------------------------------------------------------

void Connection::read_some(void (Connection::*then)()) {
  const std::size_t room = std::min(buffer_.max_size() - buffer_.size(), kReadStep);
  if (room == 0) return refuse(431, "the header or the chunk framing is too large");
  socket_.async_read_some(buffer_.prepare(room),
                          [self = shared_from_this(), then](const Error& error, std::size_t n) {
                            if (self->stage_ == Stage::kClosed) return;
                            if (self->timed_out_) return self->refuse(408, "the request came too slowly");
                            if (error) return self->close();
                            self->buffer_.commit(n);
                            ((*self).*then)();
                          });
}

void Connection::next_request() {
  stage_ = Stage::kIdle;
  head_ = RequestHead{};
  chunks_.reset();
  room_.reset();
  scanned_ = 0;
  head_only_ = false;
  keep_alive_ = false;
  if (buffer_.size() == 0) {
    if (state_->draining) return close();
    arm(state_->limits.idle_time);
    return read_some(&Connection::on_head_bytes);
  }
  on_head_bytes();
}

void Connection::on_head_bytes() {
  if (stage_ == Stage::kIdle) {
    stage_ = Stage::kHead;
    arm(state_->limits.header_time);
  }
  if (scanned_ == 0) buffer_.consume(empty_lines(buffered()));
  const HeadScan scan = scan_head(buffered(), scanned_);
  if (scan.state == HeadScan::State::kBad) return refuse(400, scan.fault);
  const std::size_t size = scan.state == HeadScan::State::kComplete ? scan.end : buffer_.size();
  if (size > state_->limits.header_bytes) {
    return refuse(431, "the header is larger than " + std::to_string(state_->limits.header_bytes) + " bytes");
  }
  if (scan.state == HeadScan::State::kComplete) return take_head(scan.end);
  scanned_ = buffer_.size();
  read_some(&Connection::on_head_bytes);
}

void Connection::take_head(std::size_t size) {
  auto parsed = parse_head(buffered().substr(0, size), state_->limits.header_bytes);
  buffer_.consume(size);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refuse(refusal->status, refusal->reason);
  head_ = std::get<RequestHead>(std::move(parsed));
  head_only_ = head_.request.method == "HEAD";
  ++request_;
  keep_alive_ = head_.keep_alive && request_ < state_->limits.requests_per_connection;
  admit();
}

void Connection::admit() {
  std::optional<Response> refusal;
  try {
    refusal = state_->handler.admit(head_.request, head_.content_length);
  } catch (const std::exception&) {
    refusal = error_response(500, "an error inside the server");
  }
  if (refusal) return refuse(std::move(*refusal));
  const std::uint64_t length = head_.content_length.value_or(0);
  if (length > state_->limits.body_bytes) {
    return refuse(413, "the body is larger than " + std::to_string(state_->limits.body_bytes) +
                           " bytes: send it in smaller parts");
  }
  room_ = std::make_shared<Reservation>(*state_);
  if (!room_->grow_to(static_cast<std::size_t>(length))) return shed();
  stage_ = Stage::kBody;
  if (length == 0 && !head_.chunked) return dispatch();
  body_began_ = std::chrono::steady_clock::now();
  arm(std::min(state_->limits.body_time, state_->limits.body_grace));
  if (head_.expects_continue && buffer_.size() == 0) return send_continue();
  read_body();
}

void Connection::send_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(kContinue.data(), kContinue.size()),
                    [self = shared_from_this()](const Error& error, std::size_t) {
                      if (self->stage_ == Stage::kClosed) return;
                      if (error) return self->close();
                      self->read_body();
                    });
}

void Connection::read_body() {
  if (!head_.chunked) return read_fixed_body();
  chunks_.emplace(state_->limits.body_bytes);
  read_chunks();
}

void Connection::read_fixed_body() {
  // Straight into the string that the handler gets: Beast's string_body costs 2.8 times the CPU for large
  // bodies.
  std::string& body = head_.request.body;
  body.resize(static_cast<std::size_t>(*head_.content_length));
  const std::size_t had = std::min(body.size(), buffer_.size());
  std::copy_n(buffered().data(), had, body.data());
  buffer_.consume(had);
  if (had == body.size()) return dispatch();
  body_came_ = had;
  const auto note_progress = [self = shared_from_this(), had](const Error& error, std::size_t n) {
    self->body_came_ = had + n;
    return error ? 0 : kReadAtMost;
  };
  asio::async_read(socket_, asio::buffer(body.data() + had, body.size() - had), note_progress,
                   [self = shared_from_this()](const Error& error, std::size_t) {
                     if (self->stage_ == Stage::kClosed) return;
                     if (self->timed_out_) return self->refuse(408, "the body came too slowly");
                     if (error) return self->close();
                     self->dispatch();
                   });
}

void Connection::read_chunks() {
  std::string& body = head_.request.body;
  // What is read now is all that the body can grow by.
  if (!room_->grow_to(body.size() + buffer_.size())) return shed();
  std::size_t used = 0;
  const ChunkDecoder::State state = chunks_->feed(buffered(), body, used);
  buffer_.consume(used);
  switch (state) {
    case ChunkDecoder::State::kNeedMore:
      return read_some(&Connection::read_chunks);
    case ChunkDecoder::State::kDone:
      return dispatch();
    case ChunkDecoder::State::kTooLarge:
      return refuse(413, "the body is larger than " + std::to_string(state_->limits.body_bytes) + " bytes");
    case ChunkDecoder::State::kBad:
      return refuse(400, "the chunked coding of the body is broken");
  }
}

// ---- answering
// ------------------------------------------------------------------------------------------------------

void Connection::dispatch() {
  stage_ = Stage::kHandler;
  disarm();
  auto way_back = std::make_shared<Answer>();
  way_back->loop = loop_;
  way_back->connection = weak_from_this();
  way_back->room = std::move(room_);
  way_back->state = state_;
  way_back->request = request_;
  try {
    state_->handler.handle(std::move(head_.request),
                           [way_back](Response response) { way_back->send(std::move(response)); });
  } catch (const std::exception&) {
    way_back->send(error_response(500, "an error inside the server"));
  }
}

void Connection::answer(std::uint64_t request, Response response) {
  if (stage_ != Stage::kHandler || request != request_) return;
  write(std::move(response), keep_alive_ && !state_->draining);
}

void Connection::refuse(int status, std::string_view reason) {
  refuse(error_response(status, reason));
}

void Connection::refuse(Response response) {
  timed_out_ = false;
  write(std::move(response), false);
}

void Connection::shed() {
  state_->shed.fetch_add(1);
  refuse(503, "the server is full: try again later");
}

void Connection::write(Response response, bool keep_alive) {
  stage_ = Stage::kAnswer;
  keep_alive_ = keep_alive;
  response_ = std::move(response);
  wire_ = wire_head(response_, {keep_alive});
  const bool with_body = !head_only_ && may_have_body(response_.status);
  const std::size_t size = with_body ? response_.body.size() : 0;
  arm(state_->limits.body_time + seconds(size / kSlowestReader));
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(wire_),
                                                   asio::buffer(response_.body.data(), size)};
  asio::async_write(socket_, parts, [self = shared_from_this()](const Error& error, std::size_t) {
    if (self->stage_ == Stage::kClosed) return;
    if (error) return self->close();
    self->after_write();
  });
}

void Connection::after_write() {
  response_ = Response{};
  if (keep_alive_) return next_request();
  linger();
}

/// Closing with unread bytes would reset the connection and could take the answer away from the client.
void Connection::linger() {
  stage_ = Stage::kLinger;
  Error error;
  socket_.shutdown(Socket::shutdown_send, error);
  if (error) return close();
  room_.reset();
  head_ = RequestHead{};
  arm(kLingerTime);
  discard_some();
}

void Connection::discard_some() {
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(std::min(buffer_.max_size(), kReadStep)),
                          [self = shared_from_this()](const Error& error, std::size_t) {
                            if (self->stage_ == Stage::kClosed) return;
                            if (error) return self->close();
                            self->discard_some();
                          });
}

void Connection::drain() {
  if (stage_ == Stage::kIdle || stage_ == Stage::kLinger) close();
}

void Connection::close() {
  if (stage_ == Stage::kClosed) return;
  stage_ = Stage::kClosed;
  const auto self = shared_from_this();  // the registry may hold the last reference
  timer_.cancel();
  Error ignored;
  socket_.close(ignored);
  room_.reset();
  if (const auto loop = loop_.lock()) loop->open.erase(self);
}

}  // namespace slod::net
// NOLINTEND(misc-no-recursion)
