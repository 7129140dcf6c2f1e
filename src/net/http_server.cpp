// The acceptor and its loops: N threads with an io_context each; the first also accepts and deals new
// connections round robin. One acceptor, not one per thread: SO_REUSEPORT would let a second daemon share the
// port without a word.
#include "slod/net/http_server.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <utility>

#include "net/connection.h"
#include "net/server_state.h"
#include "net/wire.h"

namespace slod::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Connections over the limit that are told so; the rest is closed without a word.
constexpr std::size_t kTurnedAway = 64;

class Server final : public HttpServer {
 public:
  Server(const Limits& limits, int threads, std::string thread_name, Handler& handler)
      : state_(std::make_shared<ServerState>(limits, handler)), name_(std::move(thread_name)) {
    for (int i = 0; i < std::max(threads, 1); ++i) loops_.push_back(std::make_shared<Loop>());
    acceptor_.emplace(loops_.front()->io);
    pause_.emplace(loops_.front()->io);
  }
  ~Server() override { stop(Duration(0)); }

  /// Throws boost::system::system_error.
  void bind(const tcp::endpoint& endpoint) {
    acceptor_->open(endpoint.protocol());
    acceptor_->set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.address().is_v6()) acceptor_->set_option(asio::ip::v6_only(false));
    acceptor_->bind(endpoint);
    acceptor_->listen();
    port_ = acceptor_->local_endpoint().port();
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::uint64_t shed() const override { return state_->shed.load(); }

  void start() override {
    accept();
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      work_.push_back(asio::make_work_guard(loops_[i]->io));
      threads_.emplace_back([loop = loops_[i]] { loop->io.run(); });
      // The kernel keeps 15 characters.
      const std::string name = (name_ + "/" + std::to_string(i)).substr(0, 15);
      ::pthread_setname_np(threads_.back().native_handle(), name.c_str());
    }
  }

  void stop(Duration deadline) override {
    if (loops_.empty()) return;
    state_->draining = true;
    asio::post(loops_.front()->io, [this] { close_acceptor(); });
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!threads_.empty() && state_->connections > 0 && std::chrono::steady_clock::now() < end) {
      for (const auto& loop : loops_) asio::post(loop->io, [raw = loop.get()] { drain(*raw); });
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    for (const auto& loop : loops_) loop->io.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    work_.clear();
    close_acceptor();
    for (const auto& loop : loops_) close_all(*loop);
    acceptor_.reset();
    pause_.reset();
    loops_.clear();
  }

 private:
  static void drain(Loop& loop) {
    const auto open = loop.open;  // drain() takes connections out
    for (const auto& connection : open) connection->drain();
  }

  /// After the threads are gone: what still waits in the loop ends with an error, here, so that nothing
  /// outlives it.
  static void close_all(Loop& loop) {
    const auto open = loop.open;
    for (const auto& connection : open) connection->close();
    loop.io.restart();
    loop.io.poll();
  }

  void close_acceptor() {
    boost::system::error_code ignored;
    acceptor_->close(ignored);
    pause_->cancel();
  }

  void accept() {
    const std::weak_ptr<Loop> turn = loops_[turn_++ % loops_.size()];
    acceptor_->async_accept(turn.lock()->io,
                            [this, turn](const boost::system::error_code& error, tcp::socket socket) {
                              if (error == asio::error::operation_aborted || !acceptor_->is_open()) return;
                              if (error) return pause();
                              admit(turn, std::move(socket));
                              accept();
                            });
  }

  /// Out of descriptors or memory: accepting at once again would only spin.
  void pause() {
    pause_->expires_after(std::chrono::milliseconds(100));
    pause_->async_wait([this](const boost::system::error_code& error) {
      if (!error) accept();
    });
  }

  void admit(const std::weak_ptr<Loop>& turn, tcp::socket socket) {
    const std::size_t before = state_->connections.fetch_add(1);
    if (before >= state_->limits.connections + kTurnedAway) {
      state_->connections.fetch_sub(1);
      state_->shed.fetch_add(1);
      return;  // closes
    }
    std::string_view refusal;
    if (before >= state_->limits.connections) refusal = "too many connections: try again later";
    std::string address = refusal.empty() ? counted_address(socket) : "";
    if (!address.empty() && !state_->addresses.take(address, state_->limits.connections_per_address)) {
      refusal = "too many connections from your address: use fewer, with keep-alive";
      address.clear();
    }
    const auto slot = std::make_shared<AddressSlot>(address.empty() ? nullptr : state_, address);
    const auto executor = socket.get_executor();
    asio::post(executor, [turn, refusal, slot, state = state_, taken = std::move(socket)]() mutable {
      const std::shared_ptr<Loop> loop = turn.lock();
      const auto connection = std::make_shared<Connection>(std::move(taken), loop, state, std::move(*slot));
      loop->open.insert(connection);
      refusal.empty() ? connection->start() : connection->turn_away(refusal);
    });
  }

  /// What one client counts by; "": not counted.
  [[nodiscard]] std::string counted_address(const tcp::socket& socket) const {
    boost::system::error_code gone;
    asio::ip::address address = socket.remote_endpoint(gone).address();
    if (gone) return "";
    if (address.is_v6() && address.to_v6().is_v4_mapped())
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    if (address.is_loopback() && !state_->limits.count_loopback) return "";
    if (address.is_v4()) return address.to_string();
    const auto bytes = address.to_v6().to_bytes();
    return {bytes.begin(), bytes.begin() + 8};
  }

  std::shared_ptr<ServerState> state_;
  std::string name_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::optional<tcp::acceptor> acceptor_;  ///< used by the first loop's thread
  std::optional<asio::steady_timer> pause_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> threads_;
  std::size_t turn_ = 0;
  std::uint16_t port_ = 0;
};

std::string advice(const boost::system::error_code& error) {
  if (error == asio::error::address_in_use) {
    return "address already in use: another process listens there; stop it or choose another port in the "
           "config "
           "(server.ingest.listen, server.web.listen)";
  }
  if (error == asio::error::access_denied) {
    return "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher port in the "
           "config";
  }
  if (error == boost::system::errc::address_not_available) {
    return "no interface of this machine has this address; listen on 127.0.0.1, 0.0.0.0 or an address of its "
           "own";
  }
  return error.message();
}

}  // namespace

// The sixth is the handler: everything before it is the address and the limits.
// NOLINTNEXTLINE(readability-function-size)
Result<std::unique_ptr<HttpServer>> HttpServer::listen(const std::string& host, std::uint16_t port,
                                                       const Limits& limits, int threads,
                                                       const std::string& thread_name, Handler& handler) {
  const std::string where = "cannot listen on " + host + ":" + std::to_string(port) + ": ";
  try {
    boost::system::error_code error;
    const bool v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string plain = host == "localhost" ? "127.0.0.1" : v6 ? host.substr(1, host.size() - 2) : host;
    const auto address = asio::ip::make_address(plain.empty() || plain == "*" ? "0.0.0.0" : plain, error);
    if (error) return Error{where + "the host must be an IP address, such as 127.0.0.1 or 0.0.0.0"};
    auto server = std::make_unique<Server>(limits, threads, thread_name, handler);
    server->bind(tcp::endpoint(address, port));
    return std::unique_ptr<HttpServer>(std::move(server));
  } catch (const boost::system::system_error& error) {
    return Error{where + advice(error.code())};
  }
}

}  // namespace slod::net
