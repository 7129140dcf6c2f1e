// One client's connection: requests one after the other, answers in the same order. A small state machine of
// callbacks
//   idle -> head -> (body | chunks) -> handler -> answer -> idle | linger -> closed
// with one timer, which covers each stage as a whole. Thread: its loop's; only Answer is used from elsewhere.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "net/chunk_decoder.h"
#include "net/request_head.h"
#include "net/server_state.h"
#include "slod/net/http_server.h"

namespace slod::net {

class Connection;

/// One io thread's world. Connections live in `open` until they close; `io` outlives them.
struct Loop {
  boost::asio::io_context io{1};
  std::unordered_set<std::shared_ptr<Connection>> open;  ///< loop thread only
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  Connection(Socket socket, std::shared_ptr<Loop> loop, std::shared_ptr<ServerState> state, AddressSlot slot);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Answers 503 before anything is read.
  void turn_away(std::string_view reason);
  /// Closes at once if no request is under way, else after its answer.
  void drain();
  void close();
  /// The handler's answer to request number `request`; another number is an answer that came twice or too
  /// late.
  void answer(std::uint64_t request, Response response);

 private:
  enum class Stage { kIdle, kHead, kBody, kHandler, kAnswer, kLinger, kClosed };
  using Error = boost::system::error_code;

  void next_request();
  void read_some(void (Connection::*then)());
  /// The stage that begins must end within `time`.
  void arm(Duration time);
  void disarm();
  void set_timer();
  void on_timer(const Error& error);
  void on_head_bytes();
  void take_head(std::size_t size);
  void admit();
  void send_continue();
  void read_body();
  [[nodiscard]] bool body_is_too_slow() const;
  void read_fixed_body();
  void read_chunks();
  void dispatch();
  void refuse(Response response);
  void refuse(int status, std::string_view reason);
  void shed();
  void write(Response response, bool keep_alive);
  void after_write();
  void linger();
  void discard_some();
  [[nodiscard]] std::string_view buffered() const;

  Socket socket_;
  static constexpr auto kNoDeadline = std::chrono::steady_clock::time_point::max();
  boost::asio::steady_timer timer_;
  bool timer_is_set_ = false;  ///< and rings at the deadline or before
  std::chrono::steady_clock::time_point deadline_ = kNoDeadline;
  std::weak_ptr<Loop> loop_;
  std::shared_ptr<ServerState> state_;
  AddressSlot slot_;
  std::chrono::steady_clock::time_point body_began_;
  std::size_t body_came_ = 0;  ///< bytes of a body with a length
  Stage stage_ = Stage::kIdle;
  boost::beast::flat_buffer buffer_;  ///< bounded: header, chunk framing, pipelined requests
  std::size_t scanned_ = 0;           ///< of a header that is not complete yet
  RequestHead head_;
  std::optional<ChunkDecoder> chunks_;
  std::shared_ptr<Reservation> room_;
  std::uint64_t request_ = 0;  ///< number of the request under way, from 1
  bool head_only_ = false;
  bool keep_alive_ = false;
  bool timed_out_ = false;
  std::string wire_;  ///< the answer's header
  Response response_;
};

}  // namespace slod::net
