// Metric families in prometheus-cpp's model, in the order in which they were begun. A value; one owner.
#pragma once

#include <prometheus/metric_family.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace slod::serve {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<std::pair<std::string, std::string>>;

/// Families in the order in which they were begun.
class Families {
 public:
  MetricFamily& family(const std::string& name, const std::string& help, MetricType type) {
    for (MetricFamily& known : families_) {
      if (known.name == name) return known;
    }
    families_.push_back({name, help, type, {}});
    return families_.back();
  }
  void counter(const std::string& name, const std::string& help, const Labels& labels, double value) {
    ClientMetric metric = metric_with(labels);
    metric.counter.value = value;
    family(name, help, MetricType::Counter).metric.push_back(std::move(metric));
  }
  void gauge(const std::string& name, const std::string& help, const Labels& labels,
             std::optional<double> value) {
    MetricFamily& of = family(name, help, MetricType::Gauge);
    if (!value) return;
    ClientMetric metric = metric_with(labels);
    metric.gauge.value = *value;
    of.metric.push_back(std::move(metric));
  }
  static ClientMetric metric_with(const Labels& labels) {
    ClientMetric metric;
    for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    return metric;
  }
  [[nodiscard]] const std::vector<MetricFamily>& all() const { return families_; }

 private:
  std::vector<MetricFamily> families_;
};

inline Labels operator+(Labels labels, const Labels& more) {
  labels.insert(labels.end(), more.begin(), more.end());
  return labels;
}

}  // namespace slod::serve
