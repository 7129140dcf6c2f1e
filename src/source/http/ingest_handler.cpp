// POST /ingest/{source}: who may send is decided before the body is read; what the body holds is decoded and
// routed on the server's thread; the answer waits for the committer.
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "slod/decode/decoder.h"
#include "slod/decode/otlp.h"
#include "slod/source/sources.h"
#include "source/http/aws_confirmer.h"
#include "source/http/bearer.h"
#include "source/http/body.h"
#include "source/http/ingest_answer.h"
#include "source/http/thread_slots.h"

namespace slod::source {

namespace {

constexpr std::size_t kKeptBuffer = 8 * 1024 * 1024;
constexpr std::string_view kPrefix = "/ingest/";

/// One http source, resolved.
struct Door {
  const SourceConfig* source = nullptr;
  std::optional<BearerToken> token;
  std::unique_ptr<AwsConfirmer> confirmer;  ///< `confirm: aws-iot`
  bool shut = false;                        ///< its token cannot be read: nobody may pass
  [[nodiscard]] bool answers_204() const { return source->envelope == SourceConfig::Envelope::kPubsub; }
};

/// What a server thread keeps between requests.
struct Desk {
  std::map<const Door*, route::Intake> intakes;
  std::string inflated;
  std::shared_ptr<BatchPool> batches = std::make_shared<BatchPool>();
};

/// A body that has been read: what to count and what to say about it.
struct Reading {
  BatchPointer batch = std::make_unique<RecordBatch>();
  std::string answer;
};

class IngestHandler final : public net::Handler {
 public:
  IngestHandler(const Surroundings& surroundings, std::function<bool()> ready)
      : around_(surroundings), ready_(std::move(ready)) {
    for (const SourceConfig& source : around_.config.sources) {
      if (source.kind == SourceConfig::Kind::kHttp) add_door(source);
    }
  }

  std::optional<net::Response> admit(const net::Request& head, std::optional<std::uint64_t>) override {
    const Door* door = door_of(head);
    if (door == nullptr)
      return refusal(404, "no such source: POST to /ingest/SOURCE, with an http source of the config");
    if (head.method != "POST") {
      net::Response response = refusal(405, "only POST is allowed here");
      response.headers.emplace_back("Allow", "POST");
      return response;
    }
    if (door->shut) return refusal(503, "this source's token cannot be read; the server's log says why");
    if (door->token && !door->token->matches(head.header("authorization"))) {
      net::Response response = refusal(401, "send the source's token: Authorization: Bearer TOKEN");
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      return response;
    }
    if (auto refused = refuse_head(head)) return refused;
    if (door->source->envelope == SourceConfig::Envelope::kLoki && is_protobuf(head))
      return refusal(415, "Loki's push is read as JSON, not as protobuf: set the sender's format to json");
    if (!ready_()) return refusal(503, "starting or stopping: send it again");
    return std::nullopt;
  }

  void handle(net::Request request, net::Respond respond) override {
    const Door* door = door_of(request);
    Desk* desk = desks_.mine();
    if (door == nullptr || desk == nullptr) return respond(refusal(503, "too many threads: send it again"));
    if (is_otlp_protobuf(*door, request)) respond = in_protobuf(std::move(respond));
    Submission submission;
    const std::string_view key = request.header("idempotency-key");
    if (request.body.empty())
      return respond(finished(*door, 400, error_answer("the body is empty: send one record a line")));

    if (desk->inflated.capacity() > kKeptBuffer) desk->inflated = {};
    std::string_view body;
    const net::Inflated unpacked = unpack(request, desk->inflated, body);
    if (unpacked == net::Inflated::kOk && asks_to_confirm(*door, request)) {
      if (door->confirmer) door->confirmer->confirm(body);
      return respond(net::Response{});
    }
    if (!key.empty()) {
      // What was sent, not how: a sender that packs again for its next try makes other bytes (gzip's time).
      const bool whole = unpacked == net::Inflated::kOk;
      submission.key = IdempotencyKey{std::string(key), digest_of(whole ? body : request.body), {}};
    } else if (unpacked == net::Inflated::kOk) {
      submission.key = key_of_envelope(*door, body);
    }
    switch (unpacked) {
      case net::Inflated::kTooLarge:
        if (door->answers_204()) {  // or it would come back for days
          return submit(*door, unreadable(*door, 1, "too large"), std::move(submission), std::move(respond));
        }
        return respond(
            refusal(413, "the body is larger than 64 MiB when unpacked: send it in smaller parts"));
      case net::Inflated::kOk:
        return submit(*door, read_any(*door, *desk, request, body), std::move(submission),
                      std::move(respond));
      case net::Inflated::kBroken:
      case net::Inflated::kUnknownCoding:
        return submit(*door,
                      unreadable(*door, 1, "the compressed body is broken or cut off: send it again whole"),
                      std::move(submission), std::move(respond));
    }
  }

 private:
  void add_door(const SourceConfig& source) {
    Door& door = doors_[source.name];
    door.source = &source;
    if (source.confirm_aws_iot) door.confirmer = std::make_unique<AwsConfirmer>(source.name, around_.log);
    if (source.token.empty()) return;
    const auto secret = around_.read_secret ? around_.read_secret(source.token)
                                            : Result<std::string>(Error{"nothing here can read secrets"});
    if (secret && !secret->empty()) {
      door.token.emplace(*secret);
      return;
    }
    door.shut = true;
    const std::string why = secret ? "the token is empty" : secret.error().message;
    if (around_.log) around_.log("error", "source " + source.name + " refuses everything: " + why);
  }

  [[nodiscard]] const Door* door_of(const net::Request& request) const {
    std::string_view path = request.path();
    if (!path.starts_with(kPrefix)) return nullptr;
    path.remove_prefix(kPrefix.size());
    if (path.ends_with('/')) path.remove_suffix(1);
    const auto door = doors_.find(path);
    return door == doors_.end() ? nullptr : &door->second;
  }

  /// AWS IoT asks before it delivers: `confirm: aws-iot`.
  static bool asks_to_confirm(const Door& door, const net::Request& request) {
    return door.source->confirm_aws_iot &&
           request.header("x-amz-rules-engine-message-type") == "DestinationConfirmation";
  }

  /// A relay that repeats a message until it is acknowledged names it: nothing is counted twice.
  static std::optional<IdempotencyKey> key_of_envelope(const Door& door, std::string_view body) {
    const std::string id = decode::message_id(door.source->envelope, body);
    if (id.empty() || id.size() > kMaxKey) return std::nullopt;
    // The wrapper around a repeated message differs (deliveryAttempt); its id is what makes it the same.
    return IdempotencyKey{id, digest_of(id), {}};
  }

  /// Apart from this the type that a sender names is not looked at.
  static bool is_protobuf(const net::Request& head) {
    return head.header("content-type").starts_with("application/x-protobuf");
  }
  static bool is_otlp_protobuf(const Door& door, const net::Request& head) {
    return door.source->envelope == SourceConfig::Envelope::kOtlp && is_protobuf(head);
  }
  /// OTLP answers in the encoding of the request.
  static net::Respond in_protobuf(net::Respond respond) {
    return [respond = std::move(respond)](net::Response response) {
      response.body = otlp_protobuf_answer(response.status, response.body);
      response.content_type = "application/x-protobuf";
      respond(std::move(response));
    };
  }

  /// In CloudEvents' binary mode the envelope is in the headers and the body is the data itself.
  static bool is_wrapped(const Door& door, const net::Request& request) {
    return door.source->envelope != SourceConfig::Envelope::kCloudevents ||
           request.header("ce-specversion").empty();
  }

  Reading read_any(const Door& door, Desk& desk, const net::Request& request, std::string_view body) {
    if (!is_otlp_protobuf(door, request)) return read(door, desk, body, is_wrapped(door, request));
    const auto lines = decode::otlp_lines(body);
    if (lines) return read(door, desk, *lines, false);
    return unreadable(door, 1, "the body is broken: it is not OTLP's ExportLogsServiceRequest in protobuf");
  }

  Reading read(const Door& door, Desk& desk, std::string_view body, bool wrapped) {
    Reading reading{desk.batches->take(), {}};
    reading.batch->source = door.source->name;
    const route::IntakeReport report =
        intake(door, desk).body(body, around_.wall_clock(), *reading.batch, wrapped);
    const SourceCounts& counts = reading.batch->counts;
    const std::uint64_t rejected = counts.rejected_total();
    const std::uint64_t all = counts.accepted + counts.ignored + counts.late + rejected;
    if (report.broken) {
      return unreadable(door, std::max<std::uint64_t>(all, 1),
                        "the body is broken: a JSON array must be complete");
    }
    if (all == 0) return unreadable(door, 0, "the body holds no record: send one a line, or a JSON array");
    if (rejected == all) {
      reading.answer = none_readable_answer(counts, report);
    } else if (door.source->envelope == SourceConfig::Envelope::kOtlp) {
      reading.answer = otlp_counts_answer(counts, report);
    } else {
      reading.answer = counts_answer(counts, report);
    }
    return reading;
  }

  /// Records that cannot be told apart or read: counted, so that received stays the sum of all.
  static Reading unreadable(const Door& door, std::uint64_t records, std::string_view advice) {
    Reading reading;
    reading.batch->source = door.source->name;
    if (records > 0)
      reading.batch->counts.rejected[decode::reject_name(decode::Reject::kMalformed)] = records;
    reading.answer = unreadable_answer(advice, reading.batch->counts, {});
    return reading;
  }

  route::Intake& intake(const Door& door, Desk& desk) {
    const auto known = desk.intakes.find(&door);
    if (known != desk.intakes.end()) return known->second;
    return desk.intakes
        .emplace(&door, route::Intake(around_.config, *door.source, around_.router, around_.user_key))
        .first->second;
  }

  void submit(const Door& door, Reading reading, Submission submission, net::Respond respond) {
    submission.batch = std::move(reading.batch);
    if (submission.key) submission.key->answer = reading.answer;
    submission.done = [&door, respond, answer = std::move(reading.answer)](const CommitAnswer& committed) {
      respond(outcome(door, committed, answer));
    };
    if (!around_.committer.submit(submission)) respond(refusal(503, "the queue is full: send it again"));
  }

  static net::Response outcome(const Door& door, const CommitAnswer& committed, const std::string& answer) {
    switch (committed.result) {
      case Committed::kDurable:
        return finished(door, status_of_answer(answer), answer);
      case Committed::kRepeated: {
        net::Response response = finished(door, status_of_answer(committed.answer), committed.answer);
        response.headers.emplace_back("Idempotent-Replayed", "true");
        return response;
      }
      case Committed::kConflict:
        return refusal(422,
                       "this Idempotency-Key came with another body before: use a new key for a new body");
      case Committed::kInFlight:
        return refusal(503, "a request with this Idempotency-Key is being stored: ask again");
      case Committed::kRefused:
        break;
    }
    return not_stored(committed);
  }

  /// An answer about records. Pub/Sub would bring a refused message back for days: 204 stands for 200 and for
  /// 400.
  static net::Response finished(const Door& door, int status, std::string body) {
    net::Response response;
    response.status = door.answers_204() ? 204 : status;
    if (!door.answers_204()) response.body = std::move(body);
    return response;
  }

  const Surroundings around_;
  std::function<bool()> ready_;
  std::map<std::string, Door, std::less<>> doors_;
  ThreadSlots<Desk> desks_;
};

}  // namespace

std::unique_ptr<net::Handler> make_http_ingest(const Surroundings& surroundings,
                                               std::function<bool()> ready) {
  return std::make_unique<IngestHandler>(surroundings, std::move(ready));
}

}  // namespace slod::source
