#include "collectors/kubelet.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "engine/model/label_selector.h"
#include "engine/model/pod_network.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "kubelet";

Error Problem(ErrorCode code, std::string_view what) {
  return {code, fmt::format("{}: {}", kWho, what)};
}

Status CheckCanAnswer(const MetricQuery& query, const CollectContext& context) {
  const bool resource =
      query.type == MetricType::kResource || query.type == MetricType::kContainerResource;
  const bool network = query.type == MetricType::kPods && IsPodNetworkMetric(query.expression);
  if (!resource && !network) {
    return Problem(ErrorCode::kInvalidArgument,
                   fmt::format("only metrics of type Resource and ContainerResource are read, and "
                               "of type Pods {} and {}",
                               kPodNetworkReceive, kPodNetworkTransmit));
  }
  if (query.ns.empty()) {
    return Problem(ErrorCode::kInvalidArgument, "it is not said which namespace's pods are meant");
  }
  if (context.stop.stop_requested()) return Problem(ErrorCode::kUnavailable, "stopped");
  if (context.deadline <= context.now) {
    return Problem(ErrorCode::kDeadlineExceeded, "no time is left to ask");
  }
  return Done{};
}

// Whether a kubelet can know what it uses.
bool RunsSomewhere(const PodAddress& pod) {
  return !pod.node.empty() && pod.phase != PodPhase::kSucceeded && pod.phase != PodPhase::kFailed;
}

const PodUsage* Find(const std::vector<PodUsage>& pods, std::string_view ns, std::string_view pod) {
  const auto key = [](const PodUsage& usage) {
    return std::pair<std::string_view, std::string_view>(usage.ns, usage.pod);
  };
  const auto found = std::ranges::lower_bound(pods, std::pair(ns, pod), {}, key);
  return found != pods.end() && found->ns == ns && found->pod == pod ? &*found : nullptr;
}

void AddValue(std::string_view metric, const PodUsage& usage, std::vector<PodValue>& values) {
  for (const auto& [name, milli] : usage.containers.front().milli) {
    if (name == metric) values.push_back({usage.pod, usage.at, usage.window, milli});
  }
}

// The pages that are needed, each once, and where each stands.
class Pages {
 public:
  std::size_t Place(const PodAddress& pod, KubeletPage page) {
    const auto [found, added] = places_.try_emplace({pod.node, page}, requests_.size());
    if (added) requests_.push_back({.node = pod.node, .address = pod.host_ip, .page = page});
    return found->second;
  }
  [[nodiscard]] const std::vector<KubeletRequest>& requests() const { return requests_; }

 private:
  std::map<std::pair<std::string, KubeletPage>, std::size_t> places_;
  std::vector<KubeletRequest> requests_;
};

}  // namespace

// The pods of a query, and which page tells about each.
struct KubeletCollector::Question {
  std::optional<Error> problem;
  std::vector<std::pair<std::string, std::size_t>> pods;

  [[nodiscard]] ReadingResult Answer(const MetricQuery& query,
                                     std::span<const KubeletBoard::Pods> shown,
                                     Timestamp now) const {
    auto reading = std::make_shared<Reading>();
    reading->received = now;
    const Error* failure = nullptr;
    bool any_page = false;
    std::vector<PodUsage> used;
    for (const auto& [pod, page] : pods) {
      if (!shown[page]) {
        if (failure == nullptr) failure = &shown[page].error();
        continue;
      }
      any_page = true;
      const PodUsage* usage = Find(**shown[page], query.ns, pod);
      if (usage == nullptr) continue;
      if (query.type == MetricType::kPods) {
        AddValue(query.expression, *usage, reading->pod_values);
      } else {
        used.push_back(*usage);
      }
    }
    reading->pod_usage = PodUsageTable(used);
    if (failure != nullptr && !any_page) return *failure;
    return std::shared_ptr<const Reading>(std::move(reading));
  }
};

KubeletCollector::KubeletCollector(std::shared_ptr<KubeletBoard> board, const PodDirectory& pods)
    : board_(std::move(board)), pods_(pods) {}

Result<std::vector<PodAddress>> KubeletCollector::PodsOf(const MetricQuery& query) const {
  const Result<ParsedSelector> parsed = ParseSelector(query.pod_selector);
  if (!parsed) return Problem(parsed.error().code, parsed.error().message);
  const Result<LabelSelector> selector = ToLabelSelector(*parsed);
  if (!selector) return Problem(selector.error().code, selector.error().message);
  Result<std::vector<PodAddress>> pods = pods_.Select(query.ns, *selector);
  if (!pods) return Problem(pods.error().code, pods.error().message);
  std::erase_if(*pods, [](const PodAddress& pod) { return !RunsSomewhere(pod); });
  return pods;
}

std::vector<ReadingResult> KubeletCollector::Collect(std::span<const MetricQuery> queries,
                                                     const CollectContext& context) {
  Pages pages;
  std::vector<Question> questions(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const MetricQuery& query = queries[i];
    const Status can = CheckCanAnswer(query, context);
    const auto pods = can ? PodsOf(query) : Result<std::vector<PodAddress>>(can.error());
    if (!pods) {
      questions[i].problem = pods.error();
      continue;
    }
    const KubeletPage page =
        query.type == MetricType::kPods ? KubeletPage::kCadvisor : KubeletPage::kResource;
    for (const PodAddress& pod : *pods)
      questions[i].pods.emplace_back(pod.name, pages.Place(pod, page));
  }

  std::vector<KubeletBoard::Pods> shown;
  if (!pages.requests().empty()) shown = board_->Read(pages.requests(), context);
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const Question& question = questions[i];
    results.push_back(question.problem ? ReadingResult(*question.problem)
                                       : question.Answer(queries[i], shown, context.now));
  }
  SpareTheOthers(results);
  return results;
}

// Who runs us takes kUnavailable for the failure of the source, which is all kubelets: when it has
// met that a few times in a row it asks none of them for a while.
void KubeletCollector::SpareTheOthers(std::span<ReadingResult> results) const {
  const auto gives_nothing = [](const ReadingResult& result) {
    return !result && (result.error().code == ErrorCode::kUnavailable ||
                       result.error().code == ErrorCode::kDeadlineExceeded);
  };
  if (!std::ranges::all_of(results, gives_nothing) || !board_->SomebodyAnswers()) return;
  for (ReadingResult& result : results)
    result = Error{ErrorCode::kGone, result.error().message};
}

}  // namespace hpaplus::collectors
