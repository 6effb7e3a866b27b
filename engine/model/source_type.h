#pragma once

#include <string_view>

namespace hpaplus {

/// What the fields that all sources share mean to one type of source. The types of the same name in
/// collectors/builtin.cc read them; the CEL rules of both CRDs say the same as this table.
struct SourceType {
  std::string_view name;    // spec.type
  std::string_view plain;   // How spec.endpoint begins without TLS, "http://". Empty: the type has
  std::string_view secure;  // no endpoint. And with TLS, "https://".
  bool takes_credentials = false;  // spec.auth, and for those who connect spec.tls.
  bool finds_endpoints = false;    // It has none of its own and connects to what it finds.

  [[nodiscard]] bool has_endpoint() const { return !secure.empty(); }
  [[nodiscard]] bool connects() const { return has_endpoint() || finds_endpoints; }
};

/// Null: there is no such type.
[[nodiscard]] const SourceType* FindSourceType(std::string_view name);

}  // namespace hpaplus
