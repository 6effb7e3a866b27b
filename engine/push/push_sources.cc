#include "engine/push/push_sources.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/base64.h"
#include "engine/model/names.h"

namespace hpaplus::push {
namespace {

constexpr auto kSweepEvery = std::chrono::seconds(5);  // Also the sources that nobody reads.

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Takes as long for a wrong guess as for a right one of that length.
bool SameSecret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  const auto bits = [](char c) { return unsigned{static_cast<unsigned char>(c)}; };
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    difference |= bits(a[i]) ^ bits(b[i]);
  return difference == 0;
}

SourceSamples::Limits LimitsOf(const SourceSpec& spec) {
  const PushSource push = spec.push.value_or(PushSource());
  return {spec.max_series, push.samples_per_series, push.forget_after};
}

Error Refused() {
  return {ErrorCode::kPermissionDenied, "no source of this name takes these credentials"};
}

}  // namespace

PushSources::PushSources(const Config& config, Clock& clock)
    : config_(config), clock_(clock), budget_(config.bytes_most) {}

void PushSources::Set(const ResolvedSource& source) {
  Source set;
  set.anonymous = source.spec.push && source.spec.push->anonymous;
  set.header = "authorization";
  if (!source.auth.bearer_token.empty()) {
    set.scheme = "bearer";
    set.secret = source.auth.bearer_token;
  } else if (!source.auth.basic_username.empty()) {
    set.scheme = "basic";
    set.secret = EncodeBase64(source.auth.basic_username + ":" + source.auth.basic_password);
  } else if (!source.auth.header.first.empty()) {
    set.header = Lower(source.auth.header.first);
    set.secret = source.auth.header.second;
  }
  const SourceSamples::Limits limits = LimitsOf(source.spec);
  const std::size_t share = config_.bytes_most / std::max<std::size_t>(config_.source_share, 1);
  const MutexLock lock(mutex_);
  Source& present = sources_[NameOf(source.spec)];
  set.samples = present.samples;
  if (set.samples) {
    set.samples->SetLimits(limits);
  } else {
    set.samples = std::make_shared<SourceSamples>(limits, budget_, share);
  }
  present = std::move(set);
}

void PushSources::Remove(const SourceName& name) {
  std::shared_ptr<SourceSamples> removed;  // Destroyed after the lock is given up.
  const MutexLock lock(mutex_);
  const auto found = sources_.find(name);
  if (found == sources_.end()) return;
  removed = std::move(found->second.samples);
  sources_.erase(found);
}

bool PushSources::MaySend(const Source& source, const Headers& headers) {
  if (source.anonymous) return true;
  std::string_view given = headers(source.header);
  if (source.secret.empty()) return false;
  if (!source.scheme.empty()) {
    const std::size_t space = std::min(given.find(' '), given.size());
    if (Lower(given.substr(0, space)) != source.scheme) return false;
    given.remove_prefix(space);
    while (given.starts_with(' '))
      given.remove_prefix(1);
  }
  return SameSecret(given, source.secret);
}

Result<std::shared_ptr<SourceSamples>> PushSources::Admit(const SourceName& name,
                                                          const Headers& headers) {
  SweepWhenDue(clock_.Now());
  Source source;
  {
    const MutexLock lock(mutex_);
    const auto found = sources_.find(name);
    if (found == sources_.end()) return Refused();
    source = found->second;
  }
  if (!MaySend(source, headers)) return Refused();
  return source.samples;
}

void PushSources::SweepWhenDue(Timestamp now) {
  std::vector<std::shared_ptr<SourceSamples>> all;
  {
    const MutexLock lock(mutex_);
    if (now < swept_ + kSweepEvery) return;
    swept_ = now;
    for (const auto& [name, source] : sources_)
      all.push_back(source.samples);
  }
  for (const auto& samples : all)
    samples->Sweep(now);
}

std::shared_ptr<SourceSamples> PushSources::Find(const SourceName& name) const {
  const MutexLock lock(mutex_);
  const auto found = sources_.find(name);
  return found == sources_.end() ? nullptr : found->second.samples;
}

void PushSources::Announce(const SourceName& source, const PushTally& tally) const {
  if (config_.on_new && (tally.many_metrics || !tally.metrics.empty())) {
    config_.on_new(source, tally.metrics);
  }
}

Result<std::shared_ptr<const PushedCatalog>> PushSources::Catalog(const SourceName& source) const {
  const std::shared_ptr<SourceSamples> samples = Find(source);
  if (!samples) return Error{ErrorCode::kNotFound, source + " is no source of type Push"};
  samples->Sweep(clock_.Now());
  return samples->Catalog();
}

std::vector<std::vector<TimedValue>> PushSources::Read(const SourceName& source,
                                                       std::span<const std::uint64_t> series,
                                                       std::size_t newest_most) const {
  const std::shared_ptr<SourceSamples> samples = Find(source);
  if (!samples) return std::vector<std::vector<TimedValue>>(series.size());
  return samples->Read(series, newest_most);
}

Result<SourceName> ParsePushTarget(std::string_view text) {
  const std::size_t slash = text.find('/');
  SourceSpec spec;
  spec.name = text;
  if (slash != std::string_view::npos) {
    spec.ns = text.substr(0, slash);
    spec.name = text.substr(slash + 1);
    if (!IsDnsLabel(spec.ns)) {
      return Error{ErrorCode::kInvalidArgument, "push: that is no namespace"};
    }
  }
  if (!IsDnsSubdomain(spec.name)) {
    return Error{ErrorCode::kInvalidArgument, "push: that is no name of a source"};
  }
  return NameOf(spec);
}

}  // namespace hpaplus::push
