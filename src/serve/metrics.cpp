// /metrics but for the SLOs: sources, fleet and process, in prometheus-cpp's model, written by its
// serialiser. The SLOs' part, which may be long, is slo_metrics.cpp.
#include <prometheus/text_serializer.h>

#include "serve/families.h"
#include "slod/serve/render.h"

namespace slod::serve {
namespace {

void add_sources(Families& families, const engine::Snapshot& snapshot) {
  constexpr const char* kRecords = "slod_source_records_total";
  constexpr const char* kHelp = "Records by what became of them; received is their sum.";
  for (const engine::SourceReading& source : snapshot.sources) {
    const Labels name = {{"source", source.source}};
    const auto add = [&](const char* result, const std::string& reason, std::uint64_t value) {
      families.counter(kRecords, kHelp, name + Labels{{"result", result}, {"reason", reason}},
                       static_cast<double>(value));
    };
    add("accepted", "", source.accepted);
    add("duplicate", "", source.duplicate);
    add("ignored", "", source.ignored);
    if (source.rejected_by_reason.empty()) add("rejected", "", 0);
    for (const auto& [reason, count] : source.rejected_by_reason) add("rejected", reason, count);
    add("late", "", source.late);
    add("shed", "", source.shed);
    families.counter("slod_source_received_total", "Records received.", name,
                     static_cast<double>(source.received));
    families.gauge("slod_source_last_event_timestamp_seconds", "Time of the newest event.", name,
                   source.last_event ? std::optional(static_cast<double>(nanos(*source.last_event)) / 1e9)
                                     : std::nullopt);
    families.gauge("slod_source_up", "1 while the source is connected or listening.", name,
                   source.up ? 1 : 0);
  }
}

void add_shared(Families& families, const engine::Snapshot& snapshot) {
  for (const auto& [key, count] : snapshot.fleet.devices) {
    families.gauge("slod_fleet_devices", "Devices by state and reason.",
                   {{"state", key.first}, {"reason", key.second}}, static_cast<double>(count));
  }
  for (const auto& [key, count] : snapshot.unmatched_legs) {
    families.counter("slod_unmatched_legs_total", "Commands and replies that found no event to join.",
                     {{"source", key.first}, {"kind", key.second}}, static_cast<double>(count));
  }
  for (const auto& [journey, count] : snapshot.late_unfolded) {
    families.counter("slod_late_unfolded_total", "Attempts that came too late to be folded.",
                     {{"journey", journey}}, static_cast<double>(count));
  }
}

void add_process(Families& families, const engine::Snapshot& snapshot, const ProcessFigures& process) {
  for (const auto& [key, count] : process.notifications) {
    families.counter("slod_notifications_total", "Notifications by destination and outcome.",
                     {{"destination", key.first}, {"outcome", key.second}}, static_cast<double>(count));
  }
  for (const auto& [destination, age] : process.outbox_oldest_seconds) {
    families.gauge("slod_outbox_oldest_seconds", "Age of the oldest undelivered notification.",
                   {{"destination", destination}}, age);
  }
  for (const auto& [listener, count] : process.refused) {
    families.counter("slod_http_refused_total", "Requests and connections that there was no room for.",
                     {{"listener", listener}}, static_cast<double>(count));
  }
  families.gauge("slod_fold_lag_seconds", "How far the evaluation is behind the journal.", {},
                 process.fold_lag_seconds);
  families.gauge("slod_journal_position", "Groups in the journal that the snapshot has seen.", {},
                 static_cast<double>(snapshot.journal_position));
  families.gauge("slod_journal_bytes", "Size of the journal on disk.", {},
                 static_cast<double>(process.journal_bytes));
  for (const auto& [reason, count] :
       {std::pair("age", process.dropped_by_age), {"room", process.dropped_by_room}}) {
    families.counter("slod_journal_dropped_segments_total",
                     "Segments that left the journal: their retention had ended, or max_bytes was reached.",
                     {{"reason", reason}}, static_cast<double>(count));
  }
  families.counter("slod_journal_early_seals_total",
                   "Device-minutes sealed before their time because max_bytes was reached.", {},
                   static_cast<double>(process.early_seals));
  families.gauge("slod_hourly_totals_until_timestamp_seconds",
                 "The tick up to which hourly totals are on disk; 0: none are.", {},
                 static_cast<double>(nanos(process.totals_until)) / 1e9);
  families.counter("slod_hourly_totals_write_failures_total",
                   "Tries to write hourly totals that failed; they wait in memory.", {},
                   static_cast<double>(process.totals_failures));
  families.gauge("slod_commit_seconds", "Duration of the newest commit.", {}, process.commit_seconds);
  families.gauge("slod_disk_full", "1 while records are refused because the disk of the state is full.", {},
                 process.disk_full ? 1 : 0);
  families.gauge("slod_tick_seconds", "Duration of the newest tick.", {}, snapshot.tick_seconds);
  families.gauge("slod_config_last_reload_successful", "1 if the config that was read last is in force.", {},
                 process.config_reload_ok ? 1 : 0);
  families.gauge("slod_build_info", "Version and revision; always 1.",
                 {{"version", process.version}, {"revision", process.revision}}, 1);
}

}  // namespace

std::string process_metrics_text(const engine::Snapshot& snapshot, const ProcessFigures& process) {
  Families families;
  add_sources(families, snapshot);
  add_shared(families, snapshot);
  add_process(families, snapshot, process);
  return prometheus::TextSerializer().Serialize(families.all());
}

std::string metrics_text(const engine::Snapshot& snapshot, const ProcessFigures& process) {
  return slo_metrics_text(snapshot) + process_metrics_text(snapshot, process);
}

}  // namespace slod::serve
