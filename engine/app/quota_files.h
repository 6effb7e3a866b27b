#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/rehearse/quota_plan.h"

namespace hpaplus::app {

/// An object of a file as it was written.
struct FileObject {
  std::string kind;
  std::string ns;  // Empty: it has none.
  std::string name;
  std::string json;

  /// "DynamicQuota shop/team"
  [[nodiscard]] std::string Title() const {
    return kind + " " + (ns.empty() ? name : ns + "/" + name);
  }
};

/// The objects of a YAML or JSON file, items of a List included. kNotFound: it cannot be read;
/// kMalformedData: it is neither, or has something else than objects.
[[nodiscard]] Result<std::vector<FileObject>> ReadObjects(const std::string& file);

[[nodiscard]] bool IsOfQuota(const FileObject& object);

/// `planned` as an API server would have it once it is applied to `there`: with its status.
[[nodiscard]] std::string WithStatusOf(const std::string& there, const std::string& planned);

/// What is known of quotas from objects as `kubectl get` gives them: ResourceQuotas, DynamicQuotas,
/// QuotaPools, HPAPlus objects, what they scale, and pods. What is missing is a note.
/// kMalformedData names the object and the field that makes no sense.
[[nodiscard]] Result<rehearse::QuotaState> QuotaStateOf(const std::vector<FileObject>& objects,
                                                        std::vector<std::string>& notes);

}  // namespace hpaplus::app
