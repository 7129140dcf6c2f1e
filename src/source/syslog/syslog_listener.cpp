// The thread of one syslog socket: datagrams to lines, lines to the committer. Nobody waits for an answer, so
// there is no promise: what does not fit is dropped and, where that can be known, counted as shed.
#include <pthread.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "slod/decode/decoder.h"
#include "slod/source/sources.h"
#include "source/syslog/datagram_socket.h"
#include "source/syslog/header.h"

namespace slod::source {
namespace {

constexpr Duration kPatience = std::chrono::milliseconds(200);
constexpr std::size_t kMostBytes = 256 * 1024;  // of one submission
constexpr std::size_t kMostRecords = 1000;
constexpr int kMostOpen = 16;  // submissions without a verdict: what may pile up in memory

bool is_text(const LogFormat& format) {
  return format.syntax == LogFormat::Syntax::kCombined || format.syntax == LogFormat::Syntax::kAlb;
}

/// Survives the listener: the committer may answer after it has gone.
struct Account {
  std::atomic<int> open{0};
  std::atomic<std::uint64_t> lost{0};  ///< records that could not be stored, not yet counted as shed
};

class SyslogListener final : public RunningSource {
 public:
  SyslogListener(const Surroundings& surroundings, const SourceConfig& source, DatagramSocket socket)
      : around_(surroundings),
        source_(source),
        text_(is_text(*source.format)),
        socket_(std::move(socket)),
        intake_(around_.config, source_, around_.router, around_.user_key),
        thread_([this](std::stop_token stop) { listen(stop); }) {
    ::pthread_setname_np(thread_.native_handle(), ("syslog/" + source_.name).substr(0, 15).c_str());
  }
  ~SyslogListener() override { stop(); }

  void stop() override {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    health_.up = false;
  }
  [[nodiscard]] const SourceHealth& health() const override { return health_; }
  [[nodiscard]] const std::string& name() const override { return source_.name; }

 private:
  void listen(std::stop_token stop) {
    health_.up = true;
    health_.drained = true;
    while (!stop.stop_requested()) {
      if (account_->open.load() >= kMostOpen) {  // the kernel's buffer takes the rest
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      if (!gather()) socket_.wait(kPatience);
    }
    gather();
  }

  /// Reads what is there, up to a submission's fill. False: nothing was.
  bool gather() {
    lines_.clear();
    std::size_t records = 0;
    std::uint64_t cut = 0;
    while (records < kMostRecords && lines_.size() < kMostBytes) {
      const auto datagram = socket_.read();
      if (!datagram) break;
      ++records;
      if (datagram->cut) {
        ++cut;
      } else {
        add_line(datagram->bytes);
      }
    }
    const std::uint64_t shed = socket_.dropped() + account_->lost.exchange(0);
    if (records == 0 && shed == 0) return false;
    submit(cut, shed);
    return true;
  }

  void add_line(std::string_view datagram) {
    if (text_) datagram = without_syslog_header(datagram);
    // Of JSON the header is all before the first brace.
    if (!text_) datagram.remove_prefix(std::min(datagram.find('{'), datagram.size()));
    const std::size_t begin = lines_.size();
    lines_.append(datagram);
    std::replace(lines_.begin() + static_cast<std::ptrdiff_t>(begin), lines_.end(), '\n', ' ');
    if (lines_.size() == begin) lines_.append("-");  // no record in it: unreadable, and counted
    lines_.push_back('\n');
  }

  void submit(std::uint64_t cut, std::uint64_t shed) {
    const Time now = around_.wall_clock();
    Submission submission;
    submission.batch = std::make_unique<RecordBatch>();
    submission.batch->source = source_.name;
    intake_.lines(lines_, now, *submission.batch);
    SourceCounts& counts = submission.batch->counts;
    if (cut > 0) counts.rejected[decode::reject_name(decode::Reject::kTooLong)] += cut;
    counts.shed += shed;
    health_.shed += shed;
    const std::uint64_t all =
        counts.accepted + counts.ignored + counts.late + counts.rejected_total() + counts.shed;
    submission.done = [account = account_, all](const CommitAnswer& answer) {
      if (answer.result != Committed::kDurable) account->lost += all;
      --account->open;
    };
    ++account_->open;
    if (around_.committer.submit_wait(submission)) {
      health_.last_event = nanos(now);
    } else {
      --account_->open;
    }
  }

  const Surroundings around_;
  const SourceConfig& source_;
  const bool text_;
  DatagramSocket socket_;
  route::Intake intake_;
  SourceHealth health_;
  std::shared_ptr<Account> account_ = std::make_shared<Account>();
  std::string lines_;
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace

Result<std::unique_ptr<RunningSource>> start_syslog(const Surroundings& surroundings,
                                                    const SourceConfig& source) {
  auto socket = DatagramSocket::open(source);
  if (!socket) return socket.error();
  return std::unique_ptr<RunningSource>(
      std::make_unique<SyslogListener>(surroundings, source, std::move(*socket)));
}

}  // namespace slod::source
