#include "engine/api/trigger_table.h"

#include <algorithm>

#include <fmt/core.h>

namespace hpaplus::api {
namespace {

constexpr int kPausesMost = 3;

// The same for triggers that ask the same, in whatever order they say it.
std::string UidOf(const SourceTrigger& trigger, const SourceRef& source, const TriggerRef& ref) {
  const std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", source.kind, source.name,
                                       trigger.query, trigger.threshold.ToString(),
                                       trigger.activation.ToString(), trigger.period.count());
  return fmt::format("trigger/{}/{}/{}", ref.ns, ref.name, text);
}

TriggerTable::Answer Publish(TriggerAnswer answer) {
  return std::make_shared<const TriggerAnswer>(std::move(answer));
}

}  // namespace

template <class A>
std::size_t TriggerTable::KeyHash::operator()(const A& a) const {
  constexpr std::size_t kPrime = 0x100000001b3;
  std::size_t hash = TextHash()(a.name);
  const auto add = [&hash](std::string_view text) { hash = hash * kPrime ^ TextHash()(text); };
  add(a.ns);
  for (const auto& [key, text] : a.metadata) {
    add(key);
    add(text);
  }
  return hash;
}

template <class A, class B>
bool TriggerTable::KeyEqual::operator()(const A& a, const B& b) const {
  return std::string_view(a.name) == b.name && std::string_view(a.ns) == b.ns &&
         std::ranges::equal(a.metadata, b.metadata, [](const auto& x, const auto& y) {
           return std::string_view(x.first) == y.first && std::string_view(x.second) == y.second;
         });
}

TriggerTable::TriggerTable(const Config& config, const DecisionBoard& objects, TriggerHost& host,
                           Clock& clock)
    : config_(config), objects_(objects), host_(host), clock_(clock) {}

Result<TriggerTable::Answer> TriggerTable::Ask(const TriggerRef& ref) {
  return Listen(ref, nullptr);
}

Result<TriggerTable::Answer> TriggerTable::Listen(
    const TriggerRef& ref, const std::shared_ptr<TriggerListener>& listener) {
  const Timestamp now = clock_.Now();
  while (true) {
    if (auto answer = ListenToKnown(ref, listener, now)) return *std::move(answer);
    if (Status added = Add(ref); !added) return added.error();
  }
}

std::optional<Result<TriggerTable::Answer>> TriggerTable::ListenToKnown(
    const TriggerRef& ref, const std::shared_ptr<TriggerListener>& listener, Timestamp now) {
  const MutexLock lock(mutex_);
  Trigger* const trigger = Find(ref);
  if (trigger == nullptr) return std::nullopt;
  trigger->longest_pause = std::max(trigger->longest_pause, now - trigger->asked);
  trigger->asked = std::max(trigger->asked, now);
  if (listener) {
    trigger->listeners.push_back(listener);
    listening_[listener.get()] = trigger;
  }
  return trigger->answer;
}

void TriggerTable::Drop(const std::shared_ptr<TriggerListener>& listener) {
  const Timestamp now = clock_.Now();
  const MutexLock lock(mutex_);
  const auto found = listening_.find(listener.get());
  if (found == listening_.end()) return;
  Trigger& trigger = *found->second;
  std::erase(trigger.listeners, listener);
  trigger.asked = std::max(trigger.asked, now);
  listening_.erase(found);
}

void TriggerTable::OnObject(const std::string& ns, const std::string& name,
                            const DecisionBoard::Entry& entry) {
  std::vector<std::pair<std::shared_ptr<TriggerListener>, Answer>> calls;
  {
    const MutexLock lock(mutex_);
    const auto followers = of_objects_.find(ns + "/" + name);
    if (followers == of_objects_.end()) return;
    for (Trigger* const trigger : followers->second) {
      auto answer =
          entry ? AnswerOf(std::get<ObjectTrigger>(trigger->config), *entry)
                : Error{ErrorCode::kNotFound, fmt::format("there is no HPAPlus {}/{}", ns, name)};
      trigger->answer =
          answer ? Result<Answer>(Publish(*std::move(answer))) : Result<Answer>(answer.error());
      if (!trigger->answer) continue;
      for (const auto& listener : trigger->listeners)
        calls.emplace_back(listener, *trigger->answer);
    }
  }
  for (const auto& [listener, answer] : calls)
    listener->OnAnswer(answer);
}

void TriggerTable::OnWorkload(const BoardEntry& entry) {
  auto answer = AnswerOf(ObjectTrigger{}, entry);
  if (!answer) return;
  const Answer published = Publish(*std::move(answer));
  std::vector<std::shared_ptr<TriggerListener>> listeners;
  {
    const MutexLock lock(mutex_);
    const auto followers = of_workloads_.find(entry.view->spec->uid);
    if (followers == of_workloads_.end()) return;
    for (Trigger* const trigger : followers->second) {
      trigger->answer = published;
      listeners.insert(listeners.end(), trigger->listeners.begin(), trigger->listeners.end());
    }
  }
  for (const auto& listener : listeners)
    listener->OnAnswer(published);
}

void TriggerTable::Expire() {
  const Timestamp now = clock_.Now();
  std::vector<std::string> ended;
  {
    const MutexLock lock(mutex_);
    for (auto next = triggers_.begin(); next != triggers_.end();) {
      const auto at = next++;
      Trigger& trigger = *at->second;
      const Duration patience = std::max(config_.expire_after, trigger.longest_pause * kPausesMost);
      if (!trigger.listeners.empty() || now - trigger.asked <= patience) continue;
      const bool of_workload = trigger.workload != nullptr;
      const std::string followed = trigger.followed;
      Remove(trigger);
      triggers_.erase(at);
      if (of_workload && !of_workloads_.contains(followed)) ended.push_back(followed);
    }
    // Under the lock, lest somebody begins it again in between: the host calls nobody back.
    for (const std::string& uid : ended)
      host_.End(uid);
  }
}

std::size_t TriggerTable::size() const {
  const MutexLock lock(mutex_);
  return triggers_.size();
}

Result<std::unique_ptr<TriggerTable::Trigger>> TriggerTable::MakeTrigger(const TriggerRef& ref) {
  const TriggerMetadata metadata(ref.metadata.begin(), ref.metadata.end());
  auto config = ReadTrigger(metadata);
  if (!config) return config.error();
  auto trigger = std::make_unique<Trigger>();
  trigger->key.ns = ref.ns;
  trigger->key.name = ref.name;
  trigger->key.metadata.assign(metadata.begin(), metadata.end());
  trigger->config = *std::move(config);
  const auto* const object = std::get_if<ObjectTrigger>(&trigger->config);
  const Status followed = object != nullptr
                              ? FollowObject(*object, *trigger)
                              : FollowSource(std::get<SourceTrigger>(trigger->config), *trigger);
  if (!followed) return followed.error();
  trigger->asked = clock_.Now();
  return trigger;
}

Status TriggerTable::FollowObject(const ObjectTrigger& config, Trigger& trigger) {
  trigger.followed = trigger.key.ns + "/" + config.object;
  const DecisionBoard::Entry entry = objects_.Find(trigger.key.ns, config.object);
  if (!entry) {
    return Error{ErrorCode::kNotFound, "there is no HPAPlus " + trigger.followed};
  }
  auto answer = AnswerOf(config, *entry);
  if (!answer) return answer.error();
  trigger.answer = Publish(*std::move(answer));
  return Done{};
}

Status TriggerTable::FollowSource(const SourceTrigger& config, Trigger& trigger) {
  const auto source = host_.FindSource(trigger.key.ns, config.source_ns, config.source);
  if (!source) return source.error();
  WorkloadSpec spec = WorkloadOf(config, source->ref, source->ns, trigger.key.name);
  spec.uid = UidOf(config, source->ref, {trigger.key.ns, trigger.key.name, {}});
  trigger.followed = spec.uid;
  auto view = std::make_shared<WorkloadView>();
  view->spec = trigger.workload = std::make_shared<const WorkloadSpec>(std::move(spec));
  auto answer = AnswerOf(ObjectTrigger{}, BoardEntry{std::move(view), nullptr, nullptr, {}});
  if (!answer) return answer.error();
  trigger.answer = Publish(*std::move(answer));
  return Done{};
}

Status TriggerTable::Add(const TriggerRef& ref) {
  auto made = MakeTrigger(ref);
  if (!made) return made.error();
  const MutexLock lock(mutex_);
  if (Find(ref) != nullptr) return Done{};
  if (triggers_.size() >= config_.triggers_most) {
    return Error{
        ErrorCode::kUnavailable,
        fmt::format("there are {} triggers, the most that are served", config_.triggers_most)};
  }
  Trigger& trigger = **made;
  Followers& all = trigger.workload ? of_workloads_ : of_objects_;
  std::set<Trigger*>& followers = all[trigger.followed];
  if (!followers.empty() && trigger.workload) trigger.answer = (*followers.begin())->answer;
  // Under the lock, lest somebody ends it in between: the host calls nobody back.
  if (followers.empty() && trigger.workload) host_.Begin(trigger.workload);
  followers.insert(&trigger);
  Key key = trigger.key;
  triggers_.emplace(std::move(key), *std::move(made));
  return Done{};
}

TriggerTable::Trigger* TriggerTable::Find(const TriggerRef& ref) {
  const auto found = triggers_.find(ref);
  return found == triggers_.end() ? nullptr : found->second.get();
}

void TriggerTable::Remove(Trigger& trigger) {
  Followers& all = trigger.workload ? of_workloads_ : of_objects_;
  const auto followers = all.find(trigger.followed);
  followers->second.erase(&trigger);
  if (followers->second.empty()) all.erase(followers);
}

}  // namespace hpaplus::api
