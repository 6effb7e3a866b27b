#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/amount.h"

namespace hpaplus {

/// What a root pool has given away, to whom. It stands in the QuotaPool's status and is replaced as
/// a whole, with the resourceVersion at which it was read, so that of several writers one wins.
///
/// It is what keeps the sum of all hard within the capacity, whatever crashes and whoever else
/// writes, by two rules:
///
///     a quota grows only to what the ledger grants it, and the grant is entered after the
///     ResourceQuota was read whose version is the write's precondition
///
///     a grant is lowered only after the ResourceQuota was written at or below the new amount, and
///     that after the ledger was read whose version is the precondition of lowering it
///
/// So no writer that slept meanwhile can still raise a quota to a grant that is no more: the
/// ResourceQuota has another version by then.
struct Ledger {
  struct Entry {
    std::map<std::string, Amount> granted;  // By resource.
    bool operator==(const Entry&) const = default;
  };
  std::string plan;                      // Which round wrote it.
  std::map<std::string, Entry> entries;  // By "namespace/name" of the DynamicQuota.
  bool operator==(const Ledger&) const = default;

  [[nodiscard]] std::optional<Amount> Granted(const std::string& quota,
                                              const std::string& resource) const {
    const auto entry = entries.find(quota);
    if (entry == entries.end()) return std::nullopt;
    const auto amount = entry->second.granted.find(resource);
    if (amount == entry->second.granted.end()) return std::nullopt;
    return amount->second;
  }
};

}  // namespace hpaplus
