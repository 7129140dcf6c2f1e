#include "slod/fleet/fleet.h"

#include "device_minutes.h"

namespace slod::fleet {

struct Fleet::Impl : DeviceMinutes {
  using DeviceMinutes::DeviceMinutes;
};

Fleet::Fleet(const Config& config, Dictionary& dictionary, const std::vector<RegistryEntry>& registry,
             const std::vector<std::string>& checks, MinuteSink& sink)
    : impl_(std::make_unique<Impl>(config, dictionary, registry, checks, sink)) {}

Fleet::~Fleet() = default;

bool Fleet::apply(const DeviceRow& row) {
  return impl_->apply(row);
}

void Fleet::tick(Time at) {
  impl_->tick(nanos(at));
}

void Fleet::unobserved(StringId source, Time from, Time to) {
  impl_->unobserved(source, nanos(from), nanos(to));
}

StringId Fleet::label(StringId device, std::string_view name, Time at) const {
  return impl_->label(device, name, nanos(at));
}

fold::DeviceCondition Fleet::condition(StringId device, Time at, Time known) const {
  return impl_->condition(device, nanos(at), nanos(known));
}

FleetCounts Fleet::counts() const {
  return impl_->counts();
}

std::vector<DeviceNow> Fleet::unhealthy_now(std::size_t limit) const {
  return impl_->unhealthy_now(limit);
}

SealedFleet Fleet::facts(Time until) {
  return impl_->facts(nanos(until));
}

void Fleet::seal(Time until, SealedFleet& facts) {
  impl_->seal(nanos(until), facts);
}

void Fleet::restore(const SealedFleet& facts, Time until, Time now) {
  impl_->restore(facts, nanos(until), nanos(now));
}

void Fleet::io(archive::Writer& a) {
  impl_->io(a);
}
void Fleet::io(archive::Reader& a) {
  impl_->io(a);
}

}  // namespace slod::fleet
