#pragma once

#include <string_view>

namespace hpaplus {

/// What the fields that all sources share mean to one type of source. The types of the same name in
/// collectors/builtin.cc read them; the CEL rules of both CRDs say the same as this table.
struct SourceType {
  std::string_view name;    // spec.type
  std::string_view plain;   // How spec.endpoint begins without TLS, "http://". Empty: the type has
  std::string_view secure;  // no endpoint. And with TLS, "https://".
  bool takes_credentials = false;  // spec.auth, and with an endpoint spec.tls.

  [[nodiscard]] bool has_endpoint() const { return !secure.empty(); }
};

/// Null: there is no such type.
[[nodiscard]] const SourceType* FindSourceType(std::string_view name);

}  // namespace hpaplus
