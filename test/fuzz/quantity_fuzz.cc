#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/quantity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto quantity = hpaplus::Quantity::Parse(text);
  HPAPLUS_CHECK(quantity.has_value() == hpaplus::Quantity::StoredText(text).has_value());
  if (!quantity) return 0;
  (void)quantity->MilliValue();
  (void)quantity->Value();
  (void)quantity->AsDouble();
  const auto canonical = quantity->Canonical();
  HPAPLUS_CHECK(canonical.ToString() == canonical.Canonical().ToString());
  HPAPLUS_CHECK(quantity->Plus(canonical).Sign() == quantity->Sign());
  HPAPLUS_CHECK(quantity->Compare(*quantity) == 0);
  return 0;
}
