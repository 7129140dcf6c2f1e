// Part of the table of schema.h: listeners, state, engine, limits.
#pragma once

#include "config/schema_scalars.h"

namespace slod::config::table {

// ------------------------------------------------------------------------------------------
inline constexpr Field kIngestFields[] = {
    {"listen", &kListen, "address of POST /ingest/SOURCE", "127.0.0.1:8080"},
    {"threads", &kFewCount, "threads that read requests", "1"},
};
inline constexpr Word kShown[] = {"shown", "hidden"};
inline constexpr Type kShownType = word(kShown);
inline constexpr Field kWebFields[] = {
    {"listen", &kListen, "address of the UI, the API, /metrics and /-/...", "127.0.0.1:9464"},
    {"external_url", &kText, "how people reach the web page; used in alert texts"},
    {"device_ids", &kShownType, "whether the API and the pages name single devices", "shown"},
};
inline constexpr Object kIngest{"server.ingest", kIngestFields};
inline constexpr Object kWeb{"server.web", kWebFields};
inline constexpr Type kIngestType{.object = &kIngest};
inline constexpr Type kWebType{.object = &kWeb};
inline constexpr Field kServerFields[] = {
    {"ingest", &kIngestType, "the ingest listener"},
    {"web", &kWebType, "the web listener"},
};
inline constexpr Object kServer{"server", kServerFields};
inline constexpr Type kServerType{.object = &kServer};

inline constexpr Field kRetentionFields[] = {
    {"journeys", &kDuration, "how long records of journeys are kept", "400d"},
    {"fleet", &kDuration, "how long device messages are kept; device-minutes stay 3 years", "3d"},
    {"max_bytes", &kBytes,
     "size of the journal on disk beyond which the oldest goes, before its retention ends", "100GB"},
};
inline constexpr Object kRetention{"state.journal_retention", kRetentionFields};
inline constexpr Type kRetentionType{.object = &kRetention};
inline constexpr Field kStateFields[] = {
    {"dir", &kText, "directory of journal, checkpoints and ledger", "./data"},
    {"journal_retention", &kRetentionType, "what is kept for how long"},
};
inline constexpr Object kState{"state", kStateFields};
inline constexpr Type kStateType{.object = &kState};

inline constexpr Field kEngineFields[] = {
    {"shards", &kFewCount, "threads that count, the one that folds among them; no number depends on it",
     "1"}};
inline constexpr Object kEngine{"engine", kEngineFields};
inline constexpr Type kEngineType{.object = &kEngine};
inline constexpr Field kLimitsFields[] = {
    {"groups_per_slo", &kCount, "groups of one SLO; the rest is __overflow__", "1000"},
    {"groups", &kCount, "groups of all SLOs together", "50000"},
};
inline constexpr Object kLimits{"limits", kLimitsFields};
inline constexpr Type kLimitsType{.object = &kLimits};
inline constexpr Word kLanguages[] = {"en", "ja"};
inline constexpr Type kLanguage = word(kLanguages);

}  // namespace slod::config::table
